"""A plain python-telegram-bot bot as its own examples are written; the rig shows what it loses.

python -m tests.rig.echo_bot, with the environment that tests/rig/service.py describes.
"""

import asyncio
import os

from aiohttp import web
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

HANDLING = 0.02  # seconds; a look into a database, a call to some service


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    await asyncio.sleep(HANDLING)
    if update.message and update.message.text:
        await update.message.reply_text(update.message.text)


async def serve(bot: Application) -> None:  # type: ignore[type-arg]
    """The webhook of the library's example customwebhookbot.py."""

    async def hear(request: web.Request) -> web.Response:
        await bot.update_queue.put(Update.de_json(await request.json(), bot.bot))
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", hear)
    runner = web.AppRunner(app)
    async with bot:
        await bot.start()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["BOT_PORT"])).start()
        await bot.bot.set_webhook(os.environ["BOT_PUBLIC_URL"] + "/telegram")
        await asyncio.Event().wait()


if __name__ == "__main__":
    api = os.environ["BOT_API_URL"]
    builder = Application.builder().token(os.environ["BOT_TOKEN"]).base_url(api + "/bot")
    bot = builder.build()
    bot.add_handler(MessageHandler(filters.TEXT, echo))
    if os.environ["BOT_MODE"] == "polling":
        bot.run_polling()
    else:
        asyncio.run(serve(bot))
