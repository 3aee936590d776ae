"""The payment form of Gr4vy, and the token that says what may be paid with it."""

from typing import Any
from urllib.parse import urlsplit

from gr4vy.auth import get_embed_token

from plantly.payments.gateway import EmbedForm, EmbedRequest
from plantly.settings import Gr4vySettings


def embed_form(settings: Gr4vySettings, request: EmbedRequest) -> EmbedForm:
    """Return the form of a payment, with a token of its own.

    The token pins what a buyer must not change: amount, currency, account, and the metadata by
    which the money is recognized. It is valid for an hour, its session for less.
    """
    metadata = {"reference": request.reference}
    token = get_embed_token(
        settings.private_key,
        embed_params={
            "amount": request.amount_minor,
            "currency": request.currency,
            "merchant_account_id": settings.merchant_account_id,
            "metadata": metadata,
        },
        checkout_session_id=request.session_ref,
    )
    options = {
        **_place(settings),
        "token": token,
        "amount": request.amount_minor,
        "currency": request.currency,
        "country": request.country,
        "intent": "capture",
        "merchantAccountId": settings.merchant_account_id,
        "externalIdentifier": request.reference,
        "metadata": metadata,
        "redirectMode": "fallback",
    }
    return EmbedForm(
        script_url=settings.embed_script_url,
        options=options,
        script_origins=settings.script_origins,
        frame_origins=(settings.frame_origin,),
        connect_origins=(settings.api_origin,),
    )


def _place(settings: Gr4vySettings) -> dict[str, Any]:
    """Return where the form finds its frame and its API; a stand-in is named by its hosts."""
    if settings.api_url is None:
        return {"gr4vyId": settings.id, "environment": settings.environment}
    return {
        "apiHost": urlsplit(settings.api_url).netloc,
        "iframeHost": urlsplit(settings.frame_origin).netloc,
        "environment": settings.environment,
        "secure": False,
    }
