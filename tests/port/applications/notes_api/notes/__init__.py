import flask
import flask.views
import flask_login

from . import keys
from .store import Store, sequence

login_manager = flask_login.LoginManager()
store = Store()
api = flask.Blueprint("api", __name__, url_prefix="/api")


class Client(flask_login.UserMixin):
    def __init__(self, id, scopes):
        self.id = id
        self.scopes = scopes


@login_manager.request_loader
def load_client(request):
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = keys.KEYS.get(key)
    return Client(*found) if found else None


@login_manager.unauthorized_handler
def unauthorized():
    return flask.jsonify(error="Give a key."), 401


def scoped(scope):
    def decorator(view):
        def wrapper(*args, **kwargs):
            if scope not in flask_login.current_user.scopes:
                flask.abort(403)
            return view(*args, **kwargs)

        return wrapper

    return decorator


class Invalid(Exception):
    pass


def read_note():
    """The note in the body."""
    data = flask.request.get_json()
    if not isinstance(data, dict) or "text" not in data:
        raise Invalid("text is missing")
    return data["text"]


class Resource(flask.views.MethodView):
    decorators = [flask_login.login_required]

    def answer(self, data, status=200):
        return flask.make_response(flask.jsonify(data), status)


class Notes(Resource):
    def get(self):
        return self.answer(store.of(flask_login.current_user.id))

    def post(self):
        number = store.add(flask_login.current_user.id, read_note())
        return self.answer({"number": number}, 201)


class Note(Resource):
    decorators = [scoped("write"), *Resource.decorators]

    def put(self, number):
        if not store.has(number):
            flask.abort(404)
        store.change(number, read_note())
        return self.answer({"number": number})

    def delete(self, number):
        store.drop(number)
        return "", 204


class Echo(flask.views.View):
    methods = ["POST"]

    def dispatch_request(self):
        return flask.Response(flask.request.get_data() or flask.request.values.get("text", ""), mimetype="text/plain")


@api.errorhandler(Invalid)
def invalid(error):
    return {"error": str(error)}, 422


@api.app_errorhandler(403)
@api.app_errorhandler(404)
def refused(error):
    return {"error": error.name}, error.code


@api.after_request
def number(response):
    response.headers["X-Number"] = next(sequence)
    return response


def routes(blueprint):
    blueprint.add_url_rule("/notes", view_func=Notes.as_view("notes"))
    blueprint.add_url_rule("/notes/<int:number>", view_func=Note.as_view("note"))
    blueprint.add_url_rule("/echo", view_func=Echo.as_view("echo"))


routes(api)


def create_app():
    app = flask.Flask(__name__)
    app.config["SECRET_KEY"] = "notes"
    login_manager.init_app(app)
    app.register_blueprint(api)
    return app
