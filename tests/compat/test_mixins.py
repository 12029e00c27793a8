"""``UserMixin`` and ``AnonymousUserMixin``."""

from dataclasses import dataclass

import pytest

from compat import AnonymousUserMixin, UserMixin


@dataclass(eq=False)
class Numbered(UserMixin):
    id: object


def test_a_user_is_active_and_authenticated() -> None:
    """By default a user is active and authenticated, and not anonymous."""
    user = Numbered(1)

    assert (user.is_active, user.is_authenticated, user.is_anonymous) == (True, True, False)


def test_inactive_users_are_not_authenticated() -> None:
    """``is_authenticated`` follows ``is_active``."""

    class Locked(UserMixin):
        is_active = False

    assert Locked().is_authenticated is False


def test_the_id_is_text() -> None:
    """``get_id`` returns the ``id`` as a string."""
    assert Numbered(1).get_id() == "1"


def test_without_an_id_there_is_none() -> None:
    """A user without ``id`` has to define ``get_id``."""
    with pytest.raises(NotImplementedError, match="get_id"):
        UserMixin().get_id()


def test_users_are_equal_by_id() -> None:
    """Two objects of one user are equal, and no user equals something else."""
    assert Numbered(1) == Numbered("1")
    assert Numbered(1) != Numbered(2)
    assert not Numbered(1) != Numbered(1)  # noqa: SIM202  # the operator is what is tested
    assert Numbered(1) != "1"


def test_sets_tell_objects_apart() -> None:
    """The hash is the object's, as in Flask-Login."""
    assert len({Numbered(1), Numbered(1)}) == 2


def test_the_anonymous_user_has_no_properties() -> None:
    """The anonymous user is neither active nor authenticated, and has no id."""
    nobody = AnonymousUserMixin()

    assert (nobody.is_active, nobody.is_authenticated, nobody.is_anonymous) == (False, False, True)
    assert nobody.get_id() is None
