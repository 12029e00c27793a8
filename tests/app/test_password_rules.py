"""The rules for passwords, as functions and on the pages."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st

from quart_app.accounts.common_passwords import SortedWords, common_passwords
from quart_app.accounts.password_rules import PASSWORD_MAX, PASSWORD_MIN, check_new_password
from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import PASSWORD, Visitor

E_ACUTE = "\N{LATIN SMALL LETTER E WITH ACUTE}"
DECOMPOSED = "e\N{COMBINING ACUTE ACCENT}"
COMMON = "Many people have this password, or one much like it. Choose three or four words that nobody expects."
PERSONAL = "This is made of your name, your address or the name of this site. Choose something that nobody expects."

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=PASSWORD_MAX + 10)
words = st.sampled_from(sorted(word for word in common_passwords() if word.isalpha() and len(set(word)) > 1))
decorations = st.text("0123456789!?.,-_ ", max_size=20)


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the rules do not use the database."""
    return migrated_sqlite_url


def reason(password: str, username: str = "susan.green", email: str = "sg@fern-house.example") -> str | None:
    """The rule's reason against a password for this account."""
    try:
        check_new_password(password, username=username, email=email)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "a" * PASSWORD_MIN,
        " " * PASSWORD_MIN,
        "!" * PASSWORD_MIN,
        E_ACUTE * PASSWORD_MIN,
        DECOMPOSED * PASSWORD_MAX,
        "\N{GRINNING FACE}" * PASSWORD_MIN,
        "748201937465820",
        "x" * 64,
        "x" * PASSWORD_MAX,
        "with\0and\ttab and more",
    ],
)
def test_any_composition(password: str) -> None:
    """Any characters are accepted: letters only, digits only, spaces, accents and emoji."""
    assert reason(password) is None


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", "Use at least 15 characters."),
        ("x" * 14, "Use at least 15 characters."),
        (DECOMPOSED * 14, "Use at least 15 characters."),
        ("x" * 257, "Use at most 256 characters."),
        ("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 15, "Use at most 256 characters."),
        ("\N{COMBINING ACUTE ACCENT}\N{COMBINING GRAVE ACCENT BELOW}" * 30_000, "Use at most 256 characters."),
        ("half of a face: \ud83d", "Use only characters that can be typed."),
    ],
)
def test_lengths(password: str, expected: str) -> None:
    """A password has 15 to 256 characters, counted in normal form."""
    assert reason(password) == expected


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc4rfv",
        "1QAZ2WSX3EDC4RFV",
        "password12345678",
        "2024-Password-2024!",
        "passwordpassword",
        "Password Password Password",
        "p a s s w o r d 1 2 3 4",
        "qwertyuiopasdfgh",
        "123456789012345",
        "monkey & dragon, 1999",
    ],
)
def test_common_passwords(password: str) -> None:
    """A common password is refused, and one or two common words with additions."""
    assert reason(password) == COMMON


@pytest.mark.parametrize(
    "password",
    [
        "susan.green1990",
        "SUSAN GREEN! 1990",
        "neergnasus 12345",
        "sg@fern-house.example",
        "fernhousefernhouse",
        "microblogmicroblog",
        "Microblog 2026!!",
        "susan@microblog",
    ],
)
def test_names_of_the_account(password: str) -> None:
    """Parts of the username, the address and the site are refused, repeated, reversed or decorated."""
    assert reason(password) == PERSONAL


def test_names_of_another_account() -> None:
    """Names of another account are allowed."""
    assert reason("fernhouse, fernhouse", username="bob", email="bob@example.com") is None


def test_every_common_password() -> None:
    """Every password of the list is refused, whatever its length."""
    assert len(common_passwords()) > 30_000
    assert [word for word in common_passwords() if reason(word) is None] == []


@given(st.sets(st.text("aéπ"), max_size=9), st.text("aéπ"))
def test_sorted_words(words: set[str], word: str) -> None:
    """A sorted list has each of its words and no other, whatever their lengths."""
    listed = SortedWords("".join(f"{each}\n" for each in sorted(words)).encode())
    assert all(each in listed for each in words)
    assert (word in listed) == (word in words)
    assert (sorted(listed), len(listed)) == (sorted(words), len(words))


@run_with(deadline=None)  # a busy machine is not a failure
@given(words, st.integers(1, 5), decorations, decorations)
def test_decorated_words(word: str, times: int, before: str, after: str) -> None:
    """A common word with digits and punctuation, or repeated, is refused."""
    assert reason(before + word * times + after) is not None


@run_with(deadline=None)  # a busy machine is not a failure
@given(texts)
def test_however_it_is_typed(password: str) -> None:
    """Composed and decomposed, wide and narrow forms are the same password."""
    expected = reason(password)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert reason(unicodedata.normalize(form, password)) == expected


@run_with(deadline=None)  # a busy machine is not a failure
@given(texts, st.text(max_size=70), st.text(max_size=130))
def test_any_text_has_an_answer(password: str, username: str, email: str) -> None:
    """The rule accepts or refuses any text without an error."""
    found = reason(password, username, email)
    length = len(unicodedata.normalize("NFKC", password))
    assert (found in (None, COMMON, PERSONAL)) == (PASSWORD_MIN <= length <= PASSWORD_MAX)


async def test_the_list_is_read_at_the_start(settings: Settings) -> None:
    """The list is read when the application starts, not in a request."""
    common_passwords.cache_clear()
    async with create_app(settings).test_app():
        assert common_passwords.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("x" * 14, "Use at least 15 characters."),
        ("x" * 257, "Use at most 256 characters."),
        ("passwordpassword", COMMON),
        ("Susan, Susan, Susan", PERSONAL),
        ("susan@example.com", PERSONAL),
    ],
)
async def test_refused_at_registration_and_change(visitor: Visitor, password: str, expected: str) -> None:
    """A refused password shows the reason at its field, and nothing is changed."""
    fields = {"password": password, "password2": password}
    page = await visitor.register(**fields)
    assert (page.status, page.errors) == (200, [expected])
    assert (await visitor.register()).status == 302
    await visitor.login()

    page = await visitor.submit("/account/password", current_password=PASSWORD, **fields)

    assert (page.status, page.errors) == (200, [expected])
    await visitor.logout()
    assert (await visitor.login()).location == "/index"


@pytest.mark.parametrize("password", ["passwordpassword", "Susan, Susan, Susan", "susan@example.com"])
async def test_refused_by_the_api(visitor: Visitor, password: str) -> None:
    """The API refuses it with the reason for the field."""
    fields = {"username": "susan", "email": "susan@example.com", "password": password}
    answer = await visitor.client.post("/api/v1/users", json=fields)
    expected = {"pointer": "#/password", "message": COMMON if password == "passwordpassword" else PERSONAL}
    assert (answer.status_code, (await answer.get_json())["errors"]) == (400, [expected])
    await log_in_as_new_user(visitor, remember=False)

    answer = await visitor.client.put(
        "/api/v1/me/password", json={"current_password": PASSWORD, "new_password": password}
    )

    errors = (await answer.get_json())["errors"]
    assert (answer.status_code, errors) == (400, [{**expected, "pointer": "#/new_password"}])


LONG = "x" * 71 + "yz"  # bcrypt would stop at byte 72


@pytest.mark.parametrize(
    ("password", "entered"),
    [
        ("a trailing space ", "a trailing space"),
        ("The Case of It All", "the case of it all"),
        (LONG, LONG[:-1] + "Z"),
        (LONG, LONG[:72]),
        ("what follows NUL\0x", "what follows NUL\0y"),
        ("x" * 256, "x" * 255),
    ],
)
async def test_every_character_matters(visitor: Visitor, password: str, entered: str) -> None:
    """Passwords are compared in full, without trimming or case folding."""
    await visitor.register(password=password, password2=password)
    assert (await visitor.login(password=entered)).location == "/login"
    assert (await visitor.login(password=password)).location == "/index"


@pytest.mark.parametrize(("first", "second"), [(E_ACUTE, DECOMPOSED), (DECOMPOSED, E_ACUTE)])
async def test_another_keyboard(visitor: Visitor, first: str, second: str) -> None:
    """A password typed with composed accents is accepted with decomposed ones, and the other way around."""
    await visitor.register(password=first * 200, password2=second * 200)
    assert (await visitor.login(password=second * 200)).location == "/index"
    changed = await visitor.submit(
        "/account/password", current_password=first * 200, password=first * 20, password2=second * 20
    )
    assert changed.location == "/account"


async def test_a_password_without_end(visitor: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is too long is refused before it is hashed."""
    monkeypatch.delitem(app.extensions, "quart_app.passwords")
    for page in (await visitor.register(password="x" * 10_000), await visitor.login(password="x" * 10_000)):
        assert page.status == 200
        assert len(page.errors) >= 1
