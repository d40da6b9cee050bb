"""Files of every size on their way in: folders, large files in parts, archives, and what would change."""

import io
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from documents import uploads
from documents.models import Collection, Document
from ragapp.accounts.models import User
from ragapp.tests.browser.conftest import NARROW, PATIENCE_MS, Visit

NOTE = "Every employee has {n} days of annual leave in a calendar year.\n"


def collection(name: str) -> Collection:
    return uploads.create_collection(name, by=User.objects.get(username="corpus-admin"))


def status(page: Page):
    return expect(page.locator("[data-upload-status]"))


def large(path: Path) -> Path:
    """Eleven megabytes, so more than one part, that are soon found to be no PDF."""
    path.write_bytes(b"%PDF-1.7 broken\n" + b"%d\n" * 4_000_000)
    return path


def test_a_folder_keeps_its_paths_and_what_is_unchanged_is_not_sent_again(visit: Visit, tmp_path: Path) -> None:
    made = collection("Folders")
    root = tmp_path / "handbook"
    (root / "people").mkdir(parents=True)
    for number in range(5):
        (root / "people" / f"{number}.md").write_text(NOTE.format(n=number))
    (root / ".hidden").write_text("no")
    carl = visit("corpus-admin")
    page = carl.goto(f"/collections/{made.pk}/")

    page.locator("#folder").set_input_files(root)
    # The first files wait until the embedding model is loaded.
    status(page).to_have_text("5 ready", timeout=4 * PATIENCE_MS)
    assert Document.objects.filter(collection=made, path="handbook/people/3.md").exists()

    (root / "people" / "3.md").write_text(NOTE.format(n="27"))
    page.get_by_label("Show what would change first").check()
    page.locator("#folder").set_input_files(root)
    status(page).to_have_text("This would be: 1 changed, 4 unchanged")
    assert Document.objects.get(collection=made, path="handbook/people/3.md").versions.count() == 1
    page.get_by_role("button", name="Upload", exact=True).click()
    status(page).to_have_text("1 ready, 4 unchanged")
    assert Document.objects.get(collection=made, path="handbook/people/3.md").versions.count() == 2


def test_a_large_file_goes_on_after_a_reload(visit: Visit, tmp_path: Path) -> None:
    made = collection("Large files")
    carl = visit("corpus-admin", size=NARROW)
    page = carl.goto(f"/collections/{made.pk}/")
    path = large(tmp_path / "night.pdf")
    page.locator("#files").set_input_files(path)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-upload-status]")).to_contain_text("paused")

    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator(".arriving")).to_contain_text("Choose the same file again to go on.")
    page.locator("#files").set_input_files(path)
    expect(page.locator("#rows")).to_contain_text("night.pdf")
    expect(page.locator(".arriving")).to_have_count(0)
    assert Document.objects.get(collection=made).versions.get().size_bytes == path.stat().st_size


def test_an_archive_is_checked_then_unpacked(visit: Visit) -> None:
    made = collection("Archives")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("people/leave.md", NOTE.format(n=27))
        archive.writestr("people/empty.md", "")
    carl = visit("corpus-admin")
    page = carl.goto(f"/collections/{made.pk}/")
    page.get_by_label("Show what would change first").check()

    page.locator("#files").set_input_files(
        [{"name": "sent.zip", "mimeType": "application/zip", "buffer": file.getvalue()}]
    )
    card = page.locator(".arriving")
    expect(card).to_contain_text("Would be: 1 new · 1 refused")
    assert not Document.objects.filter(collection=made).exists()
    card.get_by_text("What was refused, and why").click()
    expect(card).to_contain_text("The file is empty.")
    card.get_by_role("button", name="Add them").click()
    expect(card).to_contain_text("Unpacked: 1 new · 1 refused")
    expect(page.locator("#rows")).to_contain_text("people/leave.md")
    card.get_by_role("button", name="Put away").click()
    expect(card).to_have_count(0)
