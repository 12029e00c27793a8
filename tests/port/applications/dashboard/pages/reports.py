import time

import dash
from dash import Input, Output, callback, html
from flask_login import current_user

dash.register_page(__name__, path="/reports")


def layout(**_query):
    return html.Div(
        [
            html.H1(f"Reports of {current_user.name}"),
            html.Button("background", id="background"),
            html.P(id="progress"),
            html.P(id="from-background"),
        ]
    )


@callback(
    Output("from-background", "children"),
    Input("background", "n_clicks"),
    background=True,
    interval=200,
    progress=Output("progress", "children"),
    prevent_initial_call=True,
)
def report(set_progress, clicks):
    set_progress("running")
    time.sleep(1)
    return f"{current_user.name} {clicks}"
