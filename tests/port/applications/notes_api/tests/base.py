import unittest

from flask.testing import FlaskClient
from notes import create_app, store


class ApiTestCase(unittest.TestCase):
    key = "rw"

    def setUp(self):
        store.notes.clear()
        self.app = create_app()
        self.client: FlaskClient = self.app.test_client()
        self.context = self.app.app_context()
        self.context.push()

    def tearDown(self):
        self.context.pop()

    def post(self, path, **kwargs):
        return self.client.post("/api" + path, headers={"Authorization": "Bearer " + self.key}, **kwargs)
