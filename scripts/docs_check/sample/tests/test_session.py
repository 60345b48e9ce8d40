from shop.session import LIFETIME, Session


def test_a_session_ends():
    now = [0]
    session = Session("ada", lambda: now[0])
    now[0] = LIFETIME
    assert not session.is_valid()
