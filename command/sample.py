"""Whether this Vera serves the sample company, whose systems it then builds and whose customer it names."""

from privacy.settings import Settings


def uses_sample_company(settings: Settings) -> bool:
    """Whether the data map in use is the sample company's."""
    shipped = Settings.model_fields["datamap"].default
    return bool(settings.datamap.resolve() == shipped.resolve())
