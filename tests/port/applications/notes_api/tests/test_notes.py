from flask import current_app, url_for

from .base import ApiTestCase


class NotesTests(ApiTestCase):
    def test_context(self):
        self.assertIs(current_app._get_current_object(), self.app)

    def test_url(self):
        with self.app.test_request_context():
            self.assertEqual(url_for("api.notes"), "/api/notes")

    def test_without_a_key(self):
        response = self.client.get("/api/notes")
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.get_json(), {"error": "Give a key."})

    def test_notes(self):
        created = self.post("/notes", json={"text": "buy milk"})
        self.assertEqual((created.status_code, created.json), (201, {"number": 1}))
        self.assertTrue(int(created.headers["X-Number"]) > 0)
        listed = self.client.get("/api/notes", headers={"Authorization": "Bearer rw"})
        self.assertEqual(listed.json, ["buy milk"])

    def test_nonsense(self):
        self.assertEqual(self.post("/notes", json=[]).status_code, 422)
        self.assertIn("missing", self.post("/notes", json={"x": 1}).json["error"])

    def test_echo(self):
        self.assertEqual(self.post("/echo", data="hello").data, b"hello")
        self.assertEqual(self.post("/echo", data={"text": "x"}).get_data(as_text=True), "text=x")

    def test_change_and_drop(self):
        self.post("/notes", json={"text": "a"})
        headers = {"Authorization": "Bearer rw"}
        self.assertEqual(self.client.put("/api/notes/1", json={"text": "b"}, headers=headers).status_code, 200)
        self.assertEqual(self.client.put("/api/notes/7", json={"text": "b"}, headers=headers).status_code, 404)
        self.assertEqual(self.client.delete("/api/notes/1", headers=headers).status_code, 204)


class ReaderTests(ApiTestCase):
    key = "ro"

    def test_may_not_change(self):
        refused = self.client.put("/api/notes/1", json={"text": "b"}, headers={"Authorization": "Bearer ro"})
        self.assertEqual((refused.status_code, refused.json), (403, {"error": "Forbidden"}))
