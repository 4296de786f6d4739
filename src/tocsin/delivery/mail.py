"""Mail: text and HTML with the CAP file, handed in over an encrypted connection."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from tocsin.delivery.carrier import CarrierOptions, MailServer, Parcel
from tocsin.errors import DeliveryFailed, DeliveryRefused

Context = Callable[[], ssl.SSLContext]


class MailCarrier:
    """Hands messages in at the desk's mail server.

    A message that is handed in twice has the same Message-ID, by which mailboxes know it again.

    Args:
        context: gives the TLS context; tests trust their own certificate.
    """

    def __init__(
        self, options: CarrierOptions, context: Context = ssl.create_default_context
    ) -> None:
        self._options = options
        self._context = context

    def send(self, parcel: Parcel) -> str:
        """Hand one message in.

        Raises:
            DeliveryFailed: the server cannot be reached or puts it off.
            DeliveryRefused: the server or the address is wrong for good.
        """
        server = self._options.mail
        if not server.host:
            raise DeliveryRefused("no mail server is set; set delivery.mail_host in tocsin.toml")
        message = mail_of(parcel, self._options)
        try:
            self._hand_in(server, message)
        except smtplib.SMTPException as error:
            raise _verdict(error) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise DeliveryFailed(f"the mail server was not reached: {reason}") from None
        return "taken by the mail server"

    def _hand_in(self, server: MailServer, message: EmailMessage) -> None:
        connection = smtplib.SMTP(server.host, server.port, timeout=self._options.timeout_s)
        try:
            if server.starttls:
                connection.starttls(context=self._context())
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
        finally:
            # It was taken, or not, by now; how the server says goodbye changes nothing.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()


def build(options: CarrierOptions) -> MailCarrier:
    """The entry point."""
    return MailCarrier(options)


def mail_of(parcel: Parcel, options: CarrierOptions) -> EmailMessage:
    """The message as it is handed in.

    Raises:
        DeliveryRefused: the recipient's address is not one mail address.
    """
    domain = options.sender.rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["From"] = _address(options.sender, options.desk)
    message["To"] = _address(parcel.recipient.address)
    message["Subject"] = " ".join(parcel.subject.split())
    message["Date"] = format_datetime(parcel.at)
    message["Message-ID"] = f"<{parcel.key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<warnings.{domain}>"
    message["List-Unsubscribe"] = f"<mailto:{options.sender}?subject=unsubscribe>"
    if parcel.drill:
        message["X-Tocsin-Drill"] = "yes"
    message.set_content(parcel.text)
    if parcel.html:
        message.add_alternative(parcel.html, subtype="html")
    if parcel.cap:
        name = f"{parcel.warning}-{parcel.number}.cap.xml"
        message.add_attachment(
            parcel.cap.encode(), maintype="application", subtype="cap+xml", filename=name
        )
    if parcel.language:
        message["Content-Language"] = parcel.language
    return message


def _address(address: str, name: str = "") -> Address:
    try:
        found = Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError, AttributeError, MessageError):
        raise DeliveryRefused("not one mail address; write it as name@example.org") from None
    if not found.username or ("." not in found.domain and found.domain != "localhost"):
        raise DeliveryRefused("not one mail address; write it as name@example.org")
    return found


def _verdict(error: smtplib.SMTPException) -> DeliveryFailed | DeliveryRefused:
    """Codes from 500 are for good, all else may pass. What a server says may name the address,
    so only its code is kept.
    """
    code = _code(error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryFailed("the mail server offers no encryption; nothing was handed in")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryFailed(f"the mail server does not know us ({code}); check its user")
    if 500 <= code < 600:
        return DeliveryRefused(f"the mail server refused it for good ({code})")
    told = f"({code})" if code else f"({type(error).__name__})"
    return DeliveryFailed(f"the mail server put it off {told}")


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
