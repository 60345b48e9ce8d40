"""Sessions of people who are logged in."""

import time

LIFETIME = 15 * 60


class Session:
    """Who is logged in, and until when."""

    def __init__(self, user, now=time.time):
        self.user = user
        self._now = now
        self.expires = now() + LIFETIME

    def is_valid(self):
        return self._now() < self.expires

    def refresh(self):
        """Extends a session that is still valid."""
        if self.is_valid():
            self.expires = self._now() + LIFETIME


def log_in(users, name, password):
    """A session, or nothing if the password is wrong."""
    user = users.get(name)
    if user is None or not user.check(password):
        return None
    return Session(user)
