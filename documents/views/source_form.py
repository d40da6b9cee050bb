"""What owners enter about a source: only the fields of its kind."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from documents.models import Source
from documents.sources import folder
from documents.sources.actions import Wanted
from documents.sources.addresses import folder_of, is_below, lines, normal, origin_of
from documents.sources.folder import FolderRefused
from documents.wording import told
from ragapp.lib import outbound
from ragapp.lib.outbound import Refused

LISTED_MAX, STARTS_MAX, PATTERNS_MAX, PATTERN_MAX_CHARS = 2000, 20, 50, 200
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_NOT_SECRET = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade", "te"}
)

Kind = Source.Kind
FIELDS: dict[str, tuple[str, ...]] = {
    Kind.PAGES: ("addresses", "schedule", "secret_header", "secret"),
    Kind.SITEMAP: ("addresses", "schedule", "pages_max", "include", "exclude", "secret_header", "secret"),
    Kind.CRAWL: (
        "addresses", "below", "schedule", "depth", "pages_max", "include", "exclude", "secret_header", "secret",
    ),
    Kind.FOLDER: ("addresses", "schedule", "pages_max", "include", "exclude"),
}  # fmt: skip
MORE = ("depth", "pages_max", "include", "exclude", "secret_header", "secret")
ADDRESSES = {
    Kind.PAGES: (_("Addresses"), _("One a line, such as https://www.example.com/handbook/travel.")),
    Kind.SITEMAP: (_("Address of the sitemap"), _("Mostly the site's own address with /sitemap.xml at its end.")),
    Kind.CRAWL: (_("Where to start"), _("A page with links to the others. More than one: one a line.")),
    Kind.FOLDER: (_("Folder"), ""),
}


class SourceForm(forms.Form):
    """A source of one kind; `changed` is the one that is being changed."""

    addresses = forms.CharField(widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), max_length=200_000)
    below = forms.CharField(
        required=False,
        label=_("Stay below"),
        help_text=_("Only pages whose address begins with this are read. Empty: the folder of the first address."),
    )
    schedule = forms.ChoiceField(choices=Source.Schedule.choices, initial=Source.Schedule.DAILY, label=_("Check"))
    depth = forms.IntegerField(
        min_value=0,
        max_value=20,
        initial=5,
        label=_("Links deep"),
        help_text=_("How far from the start to follow links."),
    )
    pages_max = forms.IntegerField(min_value=1, initial=500, label=_("Documents at most"))
    include = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        label=_("Only these paths"),
        help_text=_("Patterns, one a line, such as /docs/*. Empty: all."),
    )
    exclude = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        label=_("Not these paths"),
        help_text=_("Patterns, one a line, such as */archive/*."),
    )
    secret_header = forms.CharField(
        required=False, label=_("Header for sign-in"), help_text=_("For pages that ask for one, such as Authorization.")
    )
    secret = forms.CharField(
        required=False,
        max_length=4000,
        label=_("Its value"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted, sent to the server of the first address only, and never shown again."),
    )

    def __init__(self, data: Any = None, *, kind: str, changed: Source | None = None) -> None:
        super().__init__(data, initial=_as_entered(changed) if changed else None)
        self.kind, self.changed = kind, changed
        self.fields = {name: self.fields[name] for name in FIELDS[kind]}
        label, help_text = ADDRESSES[Kind(kind)]
        self.fields["addresses"].label, self.fields["addresses"].help_text = str(label), str(help_text)
        if kind == Kind.FOLDER:
            allowed = ", ".join(map(str, folder.allowed_folders()))
            self.fields["addresses"].widget = forms.TextInput(attrs={"spellcheck": "false"})
            self.fields["addresses"].help_text = _("It lies in %(allowed)s.") % {"allowed": allowed}
        if changed is not None and changed.secret_key:
            self.fields["secret"].widget.attrs["placeholder"] = _("Kept; enter another to replace it")

    def plain(self) -> list[forms.BoundField]:
        """What everybody fills in."""
        return [field for field in self if field.name not in MORE]

    def more(self) -> list[forms.BoundField]:
        """What has a good value already."""
        return [field for field in self if field.name in MORE]

    def more_is_open(self) -> bool:
        """Whether something there needs attention."""
        return any(self.errors.get(name) for name in MORE) if self.is_bound else False

    def clean_addresses(self) -> str:
        """Folders that may be read; addresses that may be called, as far as that can be said without calling."""
        listed = lines(self.cleaned_data["addresses"])
        if self.kind == Kind.FOLDER:
            try:
                return str(folder.checked(listed[0] if listed else ""))
            except FolderRefused as refused:
                raise forms.ValidationError(told(f"{refused.message} {refused.hint}")) from None
        most = LISTED_MAX if self.kind == Kind.PAGES else STARTS_MAX
        if len(listed) > most:
            raise forms.ValidationError(_("These are more than %(most)d addresses."), params={"most": most})
        problems = list(filter(None, map(_problem, listed)))
        if problems:
            raise forms.ValidationError(problems[:5])
        return "\n".join(listed)

    def clean_below(self) -> str:
        """An address, or nothing."""
        prefix = str(self.cleaned_data["below"]).strip()
        if prefix and (problem := _problem(prefix)):
            raise forms.ValidationError(problem)
        return normal(prefix) if prefix else ""

    def clean_pages_max(self) -> int:
        """As many as the site allows."""
        wanted = int(self.cleaned_data["pages_max"])
        if wanted > settings.SOURCE_PAGES_MAX:
            raise forms.ValidationError(_("At most %(most)d."), params={"most": settings.SOURCE_PAGES_MAX})
        return wanted

    def clean_include(self) -> str:
        """A few short patterns."""
        return _patterns(self.cleaned_data["include"])

    def clean_exclude(self) -> str:
        """A few short patterns."""
        return _patterns(self.cleaned_data["exclude"])

    def clean_secret_header(self) -> str:
        """A header's name."""
        name = str(self.cleaned_data["secret_header"]).strip()
        if name and (not _HEADER.fullmatch(name) or name.lower() in _NOT_SECRET):
            raise forms.ValidationError(_("This header cannot be set."))
        return name

    def clean_secret(self) -> str:
        """A header's value."""
        value = str(self.cleaned_data["secret"]).strip()
        if not value.isprintable() or not value.isascii():
            raise forms.ValidationError(_("It may hold plain letters, digits and signs only."))
        return value

    def clean(self) -> dict[str, Any]:
        """What holds between fields."""
        cleaned = super().clean() or self.cleaned_data
        listed = [normal(line) for line in lines(cleaned.get("addresses", ""))]
        if self.kind == Kind.CRAWL and listed and "below" in cleaned:
            cleaned["below"] = cleaned["below"] or folder_of(listed[0])
            if not all(is_below(address, cleaned["below"]) for address in listed):
                self.add_error("below", _("Not every start lies below this address."))
        if self.kind == Kind.SITEMAP and listed:
            cleaned["below"] = f"{origin_of(listed[0])}/"
        if cleaned.get("secret") and not cleaned.get("secret_header"):
            self.add_error("secret_header", _("Say in which header it is sent."))
        return cleaned

    def wanted(self) -> Wanted:
        """The source as it was entered. A secret that was not entered again stays, unless its header was emptied."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in ("secret", "below")}
        secret = self.cleaned_data.get("secret") or (None if given.get("secret_header") else "")
        return Wanted(kind=self.kind, secret=secret, prefix=self.cleaned_data.get("below", ""), **given)


def _as_entered(source: Source) -> dict[str, Any]:
    names = ("addresses", "schedule", "depth", "pages_max", "include", "exclude", "secret_header")
    return {"below": source.prefix, **{name: getattr(source, name) for name in names}}


def _problem(address: str) -> str:
    try:
        outbound.check(address, outbound.rules())
    except Refused as refused:
        return f"{address[:80]}: " + told(f"{refused.message} {refused.hint}")
    return "" if normal(address) else f"{address[:80]}: " + _("This is not a web address.")


def _patterns(text: str) -> str:
    found = lines(text)
    if len(found) > PATTERNS_MAX or any(len(line) > PATTERN_MAX_CHARS for line in found):
        raise forms.ValidationError(_("These are too many patterns, or one is too long."))
    return "\n".join(found)
