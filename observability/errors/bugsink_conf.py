# The settings of a local Bugsink; whatever differs from run to run comes from the environment.
import os

from bugsink.settings.default import *  # noqa: F403

SECRET_KEY = os.environ["BUGSINK_SECRET_KEY"]
TIME_ZONE = "UTC"

# Another name would be a page elsewhere that had itself pointed at this machine.
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

# Alerts are sent by whoever takes the event in: no second process, and a webhook that hangs holds up one thread of four for 5 s.
SNAPPEA = {"TASK_ALWAYS_EAGER": True}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

BUGSINK = {
    "BASE_URL": os.environ["BUGSINK_URL"],
    "SITE_TITLE": "Pharos errors",
    # What the licence asks of local use.
    "SINGLE_USER": True,
    "SINGLE_TEAM": True,
    "USER_REGISTRATION": "CB_NOBODY",
    "PHONEHOME": False,
    "INGEST_STORE_BASE_DIR": os.environ["BUGSINK_INGEST_FOLDER"],
    # Alerts go to this machine and nowhere else.
    "ALERTS_WEBHOOK_OUTBOUND_MODE": "allowlist_only",
    "ALERTS_WEBHOOK_ALLOW_LIST": ["127.0.0.1"],
    "ALERTS_WEBHOOK_DENY_NON_GLOBAL": False,
}
