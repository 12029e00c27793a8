"""What is awaited at the place where it is called."""

from __future__ import annotations

from .snippet import view

AWAITS = [
    view("a subscript gets parentheses", 'return request.form["x"]', 'return (await request.form)["x"]'),
    view("so does a method", 'return request.form.get("x", "")', 'return (await request.form).get("x", "")'),
    view("an argument gets none", "return dict(request.form)", "return dict(await request.form)"),
    view("a comparison gets none", 'return "x" in request.form', 'return "x" in await request.form'),
    view(
        "a chain of or awaits each",
        'return request.form.get("x") or request.args.get("x") or request.get_json()["x"]',
        'return (await request.form).get("x") or request.args.get("x") or (await request.get_json())["x"]',
    ),
    view(
        "a conditional expression awaits in its branches",
        'return request.json if request.is_json else request.form["x"]',
        'return await request.json if request.is_json else (await request.form)["x"]',
    ),
    view(
        "a walrus awaits its value",
        "if (data := request.get_json(silent=True)) is None:\n    return {}\nreturn data",
        "if (data := await request.get_json(silent=True)) is None:\n    return {}\nreturn data",
    ),
    view(
        "a comprehension awaits what it goes over",
        "return {name: value for name, value in request.form.items() if name in request.files}",
        "return {name: value for name, value in (await request.form).items() if name in await request.files}",
    ),
    view(
        "a generator that is used up at once becomes a list",
        'return str(all(name in request.form for name in ("a", "b")))',
        'return str(all([name in await request.form for name in ("a", "b")]))',
    ),
    view(
        "what a generator goes over is awaited outside of it",
        'return ",".join(key for key in request.form)',
        'return ",".join(key for key in await request.form)',
    ),
    view("a string with braces awaits", 'return f"{request.form}"', 'return f"{await request.form}"'),
    view("not binds weaker", "return str(not request.data)", "return str(not await request.data)"),
    view(
        "parentheses that are there are used",
        'return (request.form)["x"]',
        'return (await request.form)["x"]',
    ),
    view(
        "a call over several lines keeps them",
        'return render_template(\n    "x.html",  # the page\n    name=request.form["x"],\n)',
        'return await render_template(\n    "x.html",  # the page\n    name=(await request.form)["x"],\n)',
        "render_template, request",
    ),
    view(
        "a nested call awaits twice",
        'response = make_response(render_template("x.html"))\nresponse.status_code = 201\nreturn response',
        'response = await make_response(await render_template("x.html"))\nresponse.status_code = 201\nreturn response',
        "make_response, render_template",
    ),
    view(
        "what Quart leaves sync is left",
        'session["x"] = url_for("site.view")\nreturn jsonify(request.args)\n',
        'session["x"] = url_for("site.view")\nreturn jsonify(request.args)\n',
        "jsonify, request, session, url_for",
    ),
    view(
        "uploads are saved asynchronously",
        'upload = request.files["x"]\nupload.save("x")\nreturn ""',
        'upload = (await request.files)["x"]\nawait upload.save("x")\nreturn ""',
    ),
    view(
        "a response's body is awaited, and setting it is not",
        'response = make_response("x")\nresponse.data = response.get_data() + b"y"\nreturn response',
        'response = await make_response("x")\nresponse.data = await response.get_data() + b"y"\nreturn response',
        "make_response",
    ),
    view(
        "flashing stays a statement of its own",
        'flash("Saved.", "info")  # tell them\nreturn ""',
        'await flash("Saved.", "info")  # tell them\nreturn ""',
        "flash",
    ),
]
