"""What a program posts and mails: a web server and a mail server, as small as they can be."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_string
from email.message import EmailMessage
from email.policy import default


class Mailbox:
    """Two servers on loopback, and what came to them.

    Each leaves its first `silences` callers without a word, until these hang up.
    """

    def __init__(self, silences: int) -> None:
        self._silences = {"web": silences, "mail": silences}
        self.posts: list[dict[str, str]] = []
        self.mails: list[EmailMessage] = []
        self.web_port = self.mail_port = 0

    async def _is_silent(self, server: str, reader: StreamReader, writer: StreamWriter) -> bool:
        if not self._silences[server]:
            return False
        self._silences[server] -= 1
        await reader.read()
        writer.close()
        return True

    async def take_post(self, reader: StreamReader, writer: StreamWriter) -> None:
        if await self._is_silent("web", reader, writer):
            return
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        self.posts.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def take_mail(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Source: RFC 5321, 4.1.1 and 4.5.2 (a dot at the beginning of a line)."""
        if await self._is_silent("mail", reader, writer):
            return
        writer.write(b"220 mailbox\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                text = text.removesuffix(".\r\n").replace("\r\n..", "\r\n.")
                mail = message_from_string(text, policy=default)
                assert isinstance(mail, EmailMessage)
                self.mails.append(mail)
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
        writer.close()


@asynccontextmanager
async def mailbox(silences: int = 0) -> AsyncIterator[Mailbox]:
    """One that is open."""
    opened = Mailbox(silences)
    web = await asyncio.start_server(opened.take_post, "127.0.0.1", 0)
    mail = await asyncio.start_server(opened.take_mail, "127.0.0.1", 0)
    opened.web_port = web.sockets[0].getsockname()[1]
    opened.mail_port = mail.sockets[0].getsockname()[1]
    async with web, mail:
        yield opened
