"""Caddy and nginx with the configurations of deploy/, on loopback, with a test's certificate.

Only what differs here is exchanged: name, ports, certificate, where logs stand, and, under a path,
what docs/howto/proxy.md says to exchange for that. Each exchange must find what it looks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from cli.up.port import LOOPBACK, free_port
from tests.certificates import Authority
from tests.eventually import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
HOWTO = ROOT / "docs" / "howto" / "proxy.md"
NAME = "penstock.example"
PREFIX = "/penstock"
MISSING = "expected {0} on PATH; on Debian: apt-get install --no-install-recommends caddy nginx"

Kind: TypeAlias = Literal["caddy", "nginx"]
CONFIGS: Mapping[Kind, str] = {"caddy": "deploy/Caddyfile", "nginx": "deploy/nginx.conf"}


@dataclass(frozen=True)
class Proxy:
    """One proxy: what runs, where it answers, where it writes. `prefix` is the path it is under."""

    kind: Kind
    folder: Path
    authority: Authority
    prefix: str = ""
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Where clients find Penstock."""
        return f"https://localhost:{self.port}{self.prefix}"

    @property
    def said(self) -> str:
        """Everything it wrote, to whichever log."""
        logs = self.folder.glob("*.log")
        return "\n".join(each.read_text(errors="replace") for each in logs)

    def check(self, upstreams: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """What the program itself says of the configuration."""
        self._write(upstreams)
        question = {
            "caddy": ("validate", "--adapter", "caddyfile", "--config"),
            "nginx": ("-t", "-e", str(self.folder / "start.log"), "-c"),
        }
        command = (self._program(), *question[self.kind], str(self.folder / "config"))
        return subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, check=False
        )

    @contextmanager
    def running(self, upstreams: Sequence[str]) -> Iterator[None]:
        """In front of these (`host:port` each) until left."""
        self._write(upstreams)
        how = {
            "caddy": ("run", "--adapter", "caddyfile", "--config"),
            "nginx": ("-e", str(self.folder / "start.log"), "-c"),
        }
        command = (self._program(), *how[self.kind], str(self.folder / "config"))
        with (self.folder / "output.log").open("wb") as output:
            process = subprocess.Popen(
                command, env=self._environment(), stdout=output, stderr=output
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    def _program(self) -> str:
        found = shutil.which(self.kind, path="/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin")
        if found is None:
            raise RuntimeError(MISSING.format(self.kind))
        return found

    def _environment(self) -> dict[str, str]:
        return {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}

    def _write(self, upstreams: Sequence[str]) -> None:
        written = (ROOT / CONFIGS[self.kind]).read_text()
        if self.prefix:
            written = under_a_path(self.kind, written)
        here = self._caddy if self.kind == "caddy" else self._nginx
        (self.folder / "config").write_text(here(written, upstreams))

    def _caddy(self, text: str, upstreams: Sequence[str]) -> str:
        certificate, key = self.authority.issue(f"caddy-{self.port}")
        own = "admin off\n\tauto_https disable_redirects\n"
        text = exchanged(text, "127.0.0.1:8080 127.0.0.1:8081", " ".join(upstreams))
        text = exchanged(text, "\n{\n", f"\n{{\n\t{own}")
        return exchanged(
            text,
            f"\n{NAME} {{\n",
            f"\nhttps://localhost:{self.port} {{\n\tbind {LOOPBACK}\n\ttls {certificate} {key}\n",
        )

    def _nginx(self, text: str, upstreams: Sequence[str]) -> str:
        certificate, key = self.authority.issue(f"nginx-{self.port}")
        for at, upstream in zip(("127.0.0.1:8080", "127.0.0.1:8081"), upstreams, strict=True):
            text = exchanged(text, f"server {at} ", f"server {upstream} ")
        text = exchanged(text, "listen 443 ", f"listen {LOOPBACK}:{self.port} ")
        text = exchanged(text, "listen 80;", f"listen {LOOPBACK}:{free_port()};")
        text = exchanged(text, f"/etc/penstock/{NAME}.pem", str(certificate))
        text = exchanged(text, f"/etc/penstock/{NAME}.key", str(key))
        text = text.replace("/var/log/nginx/", f"{self.folder}/").replace(NAME, "localhost")
        places = "".join(
            f"{each}_temp_path {self.folder / each};\n"
            for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"user root;\ndaemon off;\npid {self.folder / 'pid'};\nevents {{}}\n"
            f"http {{\n{places}{text}}}\n"
        )


def under_a_path(kind: Kind, text: str) -> str:
    """A configuration with the exchange that the how-to says makes it one under a path."""
    shown = re.findall(rf"^```{kind}\n(.*?)^```\n", HOWTO.read_text(), re.DOTALL | re.MULTILINE)
    assert len(shown) == 2, f"expected {HOWTO.name} to show what to exchange, and by what"
    return exchanged(text, *shown)


def exchanged(text: str, before: str, after: str) -> str:
    """The text with its one `before` exchanged."""
    assert text.count(before) == 1, f"{before!r} is there {text.count(before)} times"
    return text.replace(before, after)
