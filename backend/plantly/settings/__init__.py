"""Settings: what the environment decides, read once and handed down."""

from plantly.settings.gr4vy import Gr4vySettings
from plantly.settings.in_chat import InChatSettings
from plantly.settings.loading import Settings, load_settings, read_environment
from plantly.settings.mail import MailSettings, SmtpServer
from plantly.settings.reader import SettingsError, is_loopback
from plantly.settings.sandbox import SandboxSettings
from plantly.settings.stripe import StripeSettings

__all__ = [
    "Gr4vySettings",
    "InChatSettings",
    "MailSettings",
    "SandboxSettings",
    "Settings",
    "SettingsError",
    "SmtpServer",
    "StripeSettings",
    "is_loopback",
    "load_settings",
    "read_environment",
]
