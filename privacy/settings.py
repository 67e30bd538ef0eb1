"""Every setting of Vera, typed, with the sentence that the README prints about it.

Values come from the environment (prefix `VERA_`). Nothing else in the house reads the environment.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an engineer at a company may set."""

    model_config = SettingsConfigDict(env_prefix="VERA_", extra="ignore")

    host: str = Field("127.0.0.1", description="Address that the chat listens on.")
    port: int = Field(8080, ge=1, le=65535, description="Port of the chat and its API.")
    desk_host: str = Field(
        "127.0.0.1",
        description="Address that the desk port listens on; keep it inside the company.",
    )
    desk_port: int = Field(
        8081,
        ge=1,
        le=65535,
        description="Port for the company's own people: the agents' desk, and the health of all parts.",
    )
    desk_url: str = Field(
        "",
        description="Address under which agents reach the desk. Empty: the desk's own address.",
    )
    oidc_issuer: str = Field(
        "",
        description="Address of your own sign-in (OpenID Connect), as https://login.example.com/realm; agents then sign in there. Empty: passwords and authenticators.",
    )
    oidc_client_id: str = Field("", description="Id under which your sign-in knows Vera.")
    oidc_client_secret: str = Field(
        "", description="Secret that belongs to the id. Empty: none, the sign-in takes PKCE alone."
    )
    oidc_scopes: str = Field("openid profile email", description="What Vera asks your sign-in for.")
    oidc_role_claim: str = Field(
        "roles",
        description="Claim of the ID token that holds somebody's roles or groups; a dot leads inside (realm_access.roles).",
    )
    oidc_roles: str = Field(
        "",
        description="Which of them are which role at the desk, as privacy-team=officer,support=agent; who has several gets the first, who has none is not let in.",
    )
    oidc_only: bool = Field(
        False, description="Let agents in through your own sign-in alone, with no passwords."
    )
    data_dir: Path = Field(
        Path("var"), description="Folder for the database, keys, mailbox and logs of this instance."
    )
    public_url: str = Field(
        "",
        description="Address under which customers reach the chat, for links in mails. Empty: the chat's own address.",
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL of Vera's database. Empty: SQLite in the data folder."
    )
    company_name: str = Field(
        "Alder & Finch", description="Name of the company, as customers know it."
    )
    company_inbox: str = Field(
        "privacy@alderfinch.example",
        description="Address to which messages for a person are mailed.",
    )
    time_zone: str = Field(
        "Europe/Berlin",
        description="Time zone of the company: due dates end at midnight there, times are told in it.",
    )
    smtp_url: str = Field(
        "",
        description="Mail server, as smtp://user:password@host:port, smtp+starttls://… or smtps://…. Empty: the embedded mailbox.",
    )
    mail_from: str = Field(
        "Alder & Finch privacy <privacy@alderfinch.example>", description="Sender of all mails."
    )
    sms_url: str = Field(
        "",
        description="Gateway for text messages with Twilio's Messages API, as https://ACCOUNT:TOKEN@api.twilio.com; codes to new phone numbers go there. Empty: the embedded mailbox where VERA_SMTP_URL is empty too, else none, and a person confirms new numbers.",
    )
    sms_from: str = Field(
        "AlderFinch",
        description="Sender of text messages: a number, a name of at most 11 letters, or the id of a Messaging Service.",
    )
    chatwoot_url: str = Field(
        "",
        description="Address of your Chatwoot, as https://chatwoot.example.com, where your people answer there. Empty: they answer at Vera's own desk.",
    )
    chatwoot_account: str = Field("", description="Number of your account at Chatwoot.")
    chatwoot_inbox: str = Field("", description="Inbox identifier of an API inbox at Chatwoot.")
    chatwoot_token: str = Field(
        "", description="Access token of a Chatwoot user made for Vera, a member of that inbox."
    )
    chatwoot_secret: str = Field(
        "",
        description="Webhook secret of that inbox; for a Chatwoot before 4.13 one of your own, of 16 letters or more.",
    )
    policy: Path = Field(
        ROOT / "privacy" / "policy.yml",
        description="File with the laws in scope, limits and assurance levels.",
    )
    datamap: Path = Field(
        ROOT / "demo" / "datamap.yml", description="File that describes the company's systems."
    )
    tombstones: str = Field(
        "",
        description="File with the ledger of what was erased, by which restored systems are cleaned again; keep it where no restore of a system reaches. Empty: tombstones.jsonl in the data folder.",
    )
    allowed_origins: str = Field(
        "",
        description="Websites that may use the JSON API or show the widget, separated by commas (https://shop.example.com).",
    )
    secure_cookies: bool = Field(
        False,
        description="Send cookies over HTTPS only. Switch it on wherever customers use HTTPS.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        description="How many proxies of your own stand in front; decides whose address counts for rate limits.",
    )
    log_level: str = Field("info", description="debug, info, warning or error.")
    rasa_log_level: str = Field(
        "info", description="Log level of the Rasa process; never debug in production."
    )

    # Set by `vera run` for the processes it starts; not for people.
    rasa_url: str = Field("http://127.0.0.1:5005", json_schema_extra={"internal": True})
    actions_port: int = Field(5055, json_schema_extra={"internal": True})
    internal_secret: str = Field("", json_schema_extra={"internal": True})

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def database(self) -> str:
        """The URL in use."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'vera.db'}"

    @property
    def tombstone_file(self) -> Path:
        """The ledger in use."""
        return Path(self.tombstones) if self.tombstones else self.data_dir / "tombstones.jsonl"

    @property
    def origin(self) -> str:
        """The chat's public address without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def desk_origin(self) -> str:
        """The desk's address without a trailing slash."""
        return (self.desk_url or f"http://{self.desk_host}:{self.desk_port}").rstrip("/")

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(
            part.strip().rstrip("/") for part in self.allowed_origins.split(",") if part.strip()
        )
