"""Posts to a webhook, or mails, when an approval waits or a run has failed; at least once each."""

import asyncio
import json
import os
import smtplib
from email.message import EmailMessage
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nats

SAY = os.environ
PATIENCE_SECONDS = float(SAY.get("PATIENCE_SECONDS", "20"))


def post(url: str, body: dict, **headers: str) -> bytes:
    headers = {"Content-Type": "application/json", **headers}
    asked = Request(url, json.dumps(body).encode(), headers)
    return urlopen(asked, timeout=PATIENCE_SECONDS).read(1 << 20)


def words_for(fact: dict) -> str | None:
    if fact["type"] == "run.failed":
        return f"Run {fact['run']} has failed: {fact['error']['message']}"
    if fact["type"] != "step.waiting":
        return None
    link = f"{SAY['PENSTOCK_URL']}/api/v1/runs/{fact['run']}/steps/{fact['step']}/link"
    try:
        made = json.loads(post(link, {}, Authorization=f"Bearer {SAY['PENSTOCK_TOKEN']}"))
    except HTTPError as refused:
        if refused.code in (404, 409):
            return None  # answered meanwhile, or the run is over
        raise
    return f"{fact['prompt'] or 'May the run go on?'}\nAnswer here, once: {made['url']}"


def tell(words: str) -> None:
    if "WEBHOOK_URL" in SAY:
        post(SAY["WEBHOOK_URL"], {"text": words})
    if "MAIL_TO" in SAY:
        mail = EmailMessage()
        mail["From"], mail["To"] = SAY["MAIL_FROM"], SAY["MAIL_TO"]
        mail["Subject"] = words.splitlines()[0]
        mail.set_content(words)
        host, port = SAY["SMTP_HOST"], int(SAY["SMTP_PORT"])
        with smtplib.SMTP(host, port, timeout=PATIENCE_SECONDS) as server:
            server.send_message(mail)


async def main() -> None:
    client = await nats.connect(SAY["NATS_URL"].split(","), max_reconnect_attempts=-1)
    facts = await client.jetstream().pull_subscribe("", "ext-notify", stream="RUNS")
    while True:
        try:
            [message] = await facts.fetch(1, timeout=5)
            if words := await asyncio.to_thread(words_for, json.loads(message.data)):
                await asyncio.to_thread(tell, words)
            await message.ack()
        except nats.errors.TimeoutError:
            continue  # nothing new, or NATS was away
        except (OSError, HTTPException, nats.errors.Error) as error:
            print(f"not told, it comes again in 30 s: {error}", flush=True)
            await asyncio.sleep(1)


asyncio.run(main())
