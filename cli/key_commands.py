"""`penstock provider-key`, `penstock secret` and `penstock keys`, as typer reads them.

No value is taken from the command line, which others on the machine can read.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from cli.session import perform

_VALUE = "It is read from standard input, or asked for."
provider_keys = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Set, list and remove the keys by which a workspace calls models. Needs an admin's token.",
)
secrets = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Set, list and remove the secrets of a workspace. Needs an admin's token.",
)
keys = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="For who runs Penstock: seal all keys and secrets under a new PENSTOCK_SECRET_KEY.",
)
GROUPS = {"provider-key": provider_keys, "secret": secrets, "keys": keys}

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="Whose key it is.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, _ and -.")]


@provider_keys.command("set", help=f"Set the key of a model provider. {_VALUE}")
def set_provider_key(
    provider: Provider = "anthropic",
    default_model: Annotated[
        str | None,
        typer.Option("--default-model", metavar="MODEL", help="Model of agents that name none."),
    ] = None,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Ask the provider first whether it is good.")
    ] = True,
) -> None:
    from cli.keys import set_provider_key

    perform(
        partial(set_provider_key, provider=provider, default_model=default_model, is_tested=test)
    )


@provider_keys.command("list")
def list_provider_keys(as_json: Json = False) -> None:
    """List the keys of model providers, masked."""
    from cli.keys import list_provider_keys

    perform(partial(list_provider_keys, as_json=as_json))


@provider_keys.command("remove")
def remove_provider_key(provider: Provider = "anthropic") -> None:
    """Remove the key of a model provider; steps go without it from their next attempt on."""
    from cli.keys import remove_provider_key

    perform(partial(remove_provider_key, provider=provider))


@secrets.command("set", help=f"Set a secret. {_VALUE}")
def set_secret(name: Name) -> None:
    from cli.keys import set_secret

    perform(partial(set_secret, name=name))


@secrets.command("list")
def list_secrets(as_json: Json = False) -> None:
    """List the secrets by name; no value is shown."""
    from cli.keys import list_secrets

    perform(partial(list_secrets, as_json=as_json))


@secrets.command("remove")
def remove_secret(name: Name) -> None:
    """Remove a secret."""
    from cli.keys import remove_secret

    perform(partial(remove_secret, name=name))


@keys.command("rotate")
def rotate(as_json: Json = False) -> None:
    """Seal all under the newest secret key; or go on with that."""
    from cli.keys import rotate

    perform(partial(rotate, as_json=as_json))
