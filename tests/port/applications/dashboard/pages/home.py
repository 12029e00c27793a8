import asyncio
import time

import dash
from dash import Input, Output, callback, html
from flask_login import current_user

dash.register_page(__name__, path="/")


def layout(**_query):
    return html.Div(
        [
            html.H1(f"Hello, {current_user.name}"),
            html.Button("sync", id="sync"),
            html.P(id="from-sync"),
            html.Button("async", id="async"),
            html.P(id="from-async"),
            html.Button("socket", id="socket"),
            html.P(id="from-socket"),
        ]
    )


@callback(Output("from-sync", "children"), Input("sync", "n_clicks"), prevent_initial_call=True)
def in_a_thread(clicks):
    time.sleep(0.1)
    return f"{current_user.name} {clicks}"


@callback(Output("from-async", "children"), Input("async", "n_clicks"), prevent_initial_call=True)
async def on_a_loop(clicks):
    await asyncio.sleep(0)
    return f"{current_user.name} {clicks}"


@callback(Output("from-socket", "children"), Input("socket", "n_clicks"), websocket=True, prevent_initial_call=True)
def over_a_websocket(clicks):
    if not current_user.is_authenticated:
        return "nobody"
    return f"{current_user.name} {clicks}"
