"""Puts user, team, project and alert service there; harmless to repeat. Run with DJANGO_SETTINGS_MODULE=bugsink_conf."""
import json
import os
import uuid

import django

django.setup()

from alerts.models import MessagingServiceConfig  # noqa: E402
from bugsink.transaction import immediate_atomic  # noqa: E402
from projects.models import Project, ProjectMembership, ProjectRole  # noqa: E402
from teams.models import Team, TeamMembership, TeamRole  # noqa: E402
from users.models import User  # noqa: E402

with immediate_atomic():
    user, _ = User.objects.get_or_create(username="admin", defaults={"is_superuser": True, "is_staff": True})
    if not user.check_password(os.environ["BUGSINK_PASSWORD"]):
        user.set_password(os.environ["BUGSINK_PASSWORD"])
        user.save()

    team, _ = Team.objects.get_or_create(name="Pharos")
    TeamMembership.objects.update_or_create(team=team, user=user, defaults={"role": TeamRole.ADMIN, "accepted": True})

    # A fixed id and a fixed key: the DSN is known before the server is.
    project, _ = Project.objects.update_or_create(
        id=1,
        defaults={
            "team": team,
            "name": "pharos",
            "slug": "pharos",
            "sentry_key": uuid.UUID(os.environ["BUGSINK_DSN_KEY"]),
            "alert_on_new_issue": True,
            "alert_on_regression": True,
            "alert_on_unmute": True,
        },
    )
    ProjectMembership.objects.update_or_create(
        project=project, user=user, defaults={"role": ProjectRole.ADMIN, "accepted": True}
    )
    MessagingServiceConfig.objects.update_or_create(
        project=project,
        display_name="on-call",
        defaults={"kind": "custom", "config": json.dumps({"webhook_url": os.environ["BUGSINK_WEBHOOK_URL"]})},
    )
