"""The settings of the sandbox provider."""

from dataclasses import dataclass, field
from typing import Literal

from plantly.domain.sandbox_chaos import Chaos, ChaosError, parse_chaos
from plantly.settings.reader import Reader, is_loopback

_CAPTURES = ("auto", "manual")


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How the sandbox provider behaves, and where the shop finds it."""

    chaos: Chaos
    capture: Literal["auto", "manual"]
    url: str | None
    """Another server's sandbox, on this machine; None for this server's own."""
    api_key: str | None = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)


def read_sandbox(read: Reader) -> SandboxSettings:
    """Read how the sandbox is set, whether it is chosen or not."""
    chaos = Chaos()
    try:
        chaos = parse_chaos(read.text("PLANTLY_SANDBOX_CHAOS", ""))
    except ChaosError as error:
        read.problems.extend(f"PLANTLY_SANDBOX_CHAOS: {problem}" for problem in error.problems)
    capture = read.choice("PLANTLY_SANDBOX_CAPTURE", "auto", _CAPTURES)
    url = read.url("PLANTLY_SANDBOX_URL", "")
    if url and not is_loopback(url):
        read.problems.append(
            "PLANTLY_SANDBOX_URL leads to another machine: use a sandbox on this one, such as "
            "http://127.0.0.1:8001."
        )
    return SandboxSettings(
        chaos=chaos,
        capture="manual" if capture == "manual" else "auto",
        url=url or None,
        api_key=next(iter(read.secrets("PLANTLY_SANDBOX_API_KEY", most=1)), None),
        webhook_secrets=tuple(read.secrets("PLANTLY_SANDBOX_WEBHOOK_SECRET", most=4)),
    )
