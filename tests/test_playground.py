"""The page at `/` in a real browser: by mouse and by keyboard, on a desk, on a phone, in the dark, under attack."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from browsers import launched
from demo import free_port, wait_until_ready
from hostile_names import HOSTILE, LEVELS
from journey import ask, environment, golden, run
from playwright.sync_api import Browser, Page, Request, Route, expect

pytestmark = pytest.mark.journey
PHONE = {"viewport": {"width": 360, "height": 740}}
MILLISECONDS = 20_000
# The lines, and what is written on what, of every text that can be seen: the lowest contrast of all, and where.
CONTRAST = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parsed(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = (node) => node ? Number(getComputedStyle(node).opacity) * faint(node.parentElement) : 1;
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!(own || node.value) || !node.checkVisibility() || node.matches("option, script, style")) continue;
    const ground = behind(node);
    const opacity = faint(node);
    const mixed = (value, place) => opacity * value + (1 - opacity) * ground[place];
    const ink = parsed(getComputedStyle(node).color).map(mixed);
    const [high, low] = [light(ink), light(ground)].sort((one, other) => other - one);
    const where = `${node.tagName} ${node.id || node.className} ${node.textContent.slice(0, 30)}`;
    found.push([(high + 0.05) / (low + 0.05), where]);
  }
  return found.sort((one, other) => one[0] - other[0])[0];
}"""
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  const add = (list) => list.getEntries().forEach((entry) => { sum += entry.hadRecentInput ? 0 : entry.value; });
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 500);
})"""

Opened = Callable[..., Page]


@contextmanager
def serving(project: Path, bento: Path, **settings: str) -> Iterator[str]:
    """Serve a Bento with the project's `live serve`, and yield its address once it answers."""
    port, home = free_port(), project.parent / f"{bento.name} served"
    home.mkdir(exist_ok=True)
    command = [str(project / ".venv/bin/live"), "serve", "--bento", str(bento), "--port", str(port)]
    environ = environment() | {"BENTOML_HOME": str(home)} | settings
    with (home / "serve.log").open("w") as log:
        server = subprocess.Popen(command, cwd=project, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


@pytest.fixture(scope="module")
def address(project: Path) -> Iterator[str]:
    """Where the flights' model is served."""
    with serving(project, project / "models" / "bento") as address:
        yield address


def made_up(project: Path, name: str) -> Path:
    """Build the Bento of a made-up model with the project's own Python."""
    script, folder = str(Path(__file__).with_name("playground_bentos.py")), project.parent / f"bento-{name}"
    run([str(project / ".venv/bin/python"), script, name, str(folder)], project)
    return folder


@pytest.fixture(scope="module")
def hostile(project: Path) -> Iterator[str]:
    """Where a model with sixty features is served whose names want to be HTML."""
    with serving(project, made_up(project, "hostile")) as address:
        yield address


@pytest.fixture(scope="module")
def number(project: Path) -> Iterator[str]:
    """Where a model is served that answers a number."""
    with serving(project, made_up(project, "number")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser that talks to this machine alone."""
    with launched("the playground") as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Open the page in a fresh window; nothing may fail in it, ask another host, or open a dialog."""
    pages: list[Page] = []
    faults: list[str] = []
    hosts: set[str] = set()
    asked_for: set[str] = set()
    expected: set[str] = set()

    def open_page(
        address: str, *, refused: tuple[int, ...] = (), before: Callable[[Page], None] | None = None, **options: Any
    ) -> Page:
        page = browser.new_page(**({"viewport": {"width": 1280, "height": 820}} | options))
        pages.append(page)
        expected.update(f"status of {status} " for status in refused)
        # The test itself looks into the card's frame.
        expected.add("Blocked script execution in 'about:srcdoc'")
        page.set_default_timeout(MILLISECONDS)
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
        if before:
            before(page)
        asked_for.add(address.removeprefix("http://"))
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.close()
    # A browser itself reports every answer that isn't a good one.
    assert [fault for fault in faults if not any(each in fault for each in expected)] == []
    assert hosts == asked_for


def press_ask(page: Page) -> None:
    """Ask, and wait for the answer."""
    with page.expect_response("**/v1/predict"):
        page.get_by_role("button", name="Ask the model").click()
    expect(page.get_by_role("button", name="Ask the model")).not_to_have_attribute("aria-busy", "true")


def asked(request: Request) -> Any:
    """Return the rows of a request."""
    return json.loads(request.post_data or "")["rows"]


def share(probability: float) -> str:
    """Return a share as the page writes it."""
    return f"{100 * probability:.1f}\u202f%"


def open_all(page: Page) -> None:
    """Ask, and open everything there is."""
    press_ask(page)
    page.locator("#alternatives > summary").click()
    page.locator("#changes li").first.wait_for()
    page.locator("#card > summary").click()
    page.locator("#card-frame:visible, #card-fault:not(:empty)").wait_for()


def test_a_real_row_is_filled_in_asked_and_answered(
    project: Path, address: str, opened: Opened, tmp_path: Path
) -> None:
    """What is in the form is the first golden row; the answer is the service's own, as text and as bars."""
    page, known = opened(address), golden(project)
    assert page.title().startswith("flight-delays")
    assert page.evaluate(SHIFTS) < 0.02
    with page.expect_request("**/v1/predict") as sent:
        press_ask(page)
    assert asked(sent.value) == [known["rows"][0]]
    assert sent.value.headers["x-request-id"].startswith("playground-row-")
    expect(page.locator("#said strong")).to_have_text(known["predictions"][0])
    chances = known["probabilities"][0]
    assert page.locator("#picture .number").all_inner_texts() == [share(one) for one in chances]
    widths = page.locator("#picture .fill").evaluate_all("found => found.map(one => parseFloat(one.style.width))")
    assert widths == pytest.approx([100 * one for one in chances], abs=0.01)
    for one in chances:
        expect(page.locator("#said")).to_contain_text(share(one))
    page.screenshot(path=tmp_path / "answer.png")
    page.get_by_role("button", name="Another example").click()
    expect(page.locator("#answer")).to_have_class("old")
    with page.expect_request("**/v1/predict") as sent:
        press_ask(page)
    assert asked(sent.value) == [known["rows"][1]]


def test_a_fault_is_told_at_its_field(address: str, opened: Opened, tmp_path: Path) -> None:
    """In the service's words, with the keyboard already there; mended, it is gone."""
    page = opened(address, refused=(422,))
    hour = page.get_by_label("hour", exact=True)
    hour.fill("99")
    page.get_by_label("distance", exact=True).fill("")
    press_ask(page)
    expect(hour).to_have_attribute("aria-invalid", "true")
    expect(hour).to_be_focused()
    expect(page.locator(".field", has=hour).locator(".fault")).to_contain_text("at most 23")
    assert page.locator(".fault:not(:empty)").count() == 2
    page.screenshot(path=tmp_path / "fault.png")
    hour.fill("9")
    page.get_by_label("distance", exact=True).fill("500")
    press_ask(page)
    assert page.locator(".fault:not(:empty), [aria-invalid]").count() == 0
    expect(page.locator("#answer")).not_to_have_class("old")


def test_what_is_no_number_is_told_before_it_is_asked(address: str, opened: Opened) -> None:
    """A browser hides what it can't read, and nothing may be taken for unknown because of that."""
    page, sent = opened(address), []
    page.on("request", lambda request: sent.append(request.url))
    temperature = page.get_by_label("temp", exact=True)
    temperature.fill("")
    temperature.press_sequentially("1e")
    page.get_by_role("button", name="Ask the model").click()
    expect(temperature).to_be_focused()
    expect(page.locator(".field", has=temperature).locator(".fault")).to_have_text("must be a number")
    assert [url for url in sent if url.endswith("/predict")] == []


def test_what_may_be_unknown_is_asked_as_null(address: str, opened: Opened) -> None:
    """Ticked or left empty; unticked, the value from before is back."""
    page = opened(address)
    unknown, temperature = page.get_by_label("temp is unknown"), page.get_by_label("temp", exact=True)
    before = temperature.input_value()
    unknown.check()
    page.get_by_label("dewp", exact=True).fill("")
    with page.expect_request("**/v1/predict") as sent:
        press_ask(page)
    assert (asked(sent.value)[0]["temp"], asked(sent.value)[0]["dewp"]) == (None, None)
    expect(page.get_by_label("dewp is unknown")).to_be_checked()
    unknown.uncheck()
    assert temperature.input_value() == before != ""


def test_a_keyboard_is_enough(address: str, opened: Opened, tmp_path: Path) -> None:
    """Tab reaches every control in its order and shows where one is; Enter asks, opens and closes."""
    page = opened(address)
    page.locator("#feature-0").wait_for()
    seen: list[str] = []
    while len(seen) < 100:
        page.keyboard.press("Tab")
        here = page.evaluate(
            "document.activeElement.id || document.activeElement.tagName + document.activeElement.parentElement.id"
        )
        if here in seen or here.startswith("BODY"):
            break
        seen.append(here)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", here
        covered = "e => { const box = e.getBoundingClientRect(); return box.top < 0 || box.bottom > innerHeight; }"
        assert not page.evaluate(f"({covered})(document.activeElement)"), f"{here} is out of sight"
    controls = "#row input:enabled, #row select, #row button, summary"
    named = "found => found.map(one => one.id || one.tagName + one.parentElement.id)"
    assert seen == page.locator(controls).evaluate_all(named)
    page.get_by_label("hour", exact=True).focus()
    with page.expect_response("**/v1/predict"):
        page.keyboard.press("Enter")
    expect(page.locator("#said strong")).to_be_visible()
    page.locator("#alternatives > summary").focus()
    page.keyboard.press("Enter")
    page.locator("#changes li").first.wait_for()
    page.get_by_role("button", name="Show every feature").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#changes li").nth(10)).to_be_focused()
    page.screenshot(path=tmp_path / "keyboard.png")


def test_every_feature_is_changed_alone(project: Path, address: str, opened: Opened, tmp_path: Path) -> None:
    """The lines say what the service answers to the row with one feature of each other golden row."""
    page, known = opened(address), golden(project)
    page.get_by_role("heading", name="What if one feature were otherwise?").click()
    page.get_by_role("button", name="Show every feature").click()
    lines = dict(zip(*(page.locator(f"#changes {each}").all_inner_texts() for each in ("b", ".number")), strict=True))
    port, row, others = int(address.rsplit(":", 1)[1]), known["rows"][0], known["rows"][1:]
    assert set(lines) == set(row)
    for name in ("carrier", "pressure", "wind_gust"):
        answers = ask(port, [{**row, name: other[name]} for other in others])["probabilities"]
        late = [chances[1] for chances in answers]
        assert lines[name] == f"{share(min(late))} to {share(max(late))}, on average {share(mean(late))}"
    expect(page.locator("#method")).to_contain_text("not what causes what")
    expect(page.locator("#method")).to_contain_text(f"in {len(others)} other real rows")
    page.locator("#alternatives").screenshot(path=tmp_path / "alternatives.png")


def test_the_card_is_shown_in_a_frame_of_its_own(address: str, opened: Opened, tmp_path: Path) -> None:
    """With its pictures and its style; a link within it stays within it, and it can run nothing."""
    page = opened(address)
    page.get_by_role("heading", name="The model card").click()
    card = page.frame_locator("#card-frame")
    expect(card.get_by_role("heading", level=1)).to_contain_text("Model card")
    assert page.locator("#card-frame").get_attribute("sandbox") == ""
    assert card.locator("img").first.evaluate("one => one.complete && one.naturalWidth > 100")
    assert card.locator("td[style]").first.evaluate("one => getComputedStyle(one).textAlign") == "right"
    card.get_by_role("link", name="How good it is").click()
    expect(card.get_by_role("heading", name="How good it is")).to_be_in_viewport()
    page.screenshot(path=tmp_path / "card.png")


def test_the_traffic_is_seen_as_it_comes(address: str, opened: Opened) -> None:
    """The line moves, the numbers grow, and what looks on isn't counted."""
    page = opened(address)
    page.locator("#line polyline").wait_for(state="attached")
    assert ",4 " not in f"{page.locator('#line polyline').get_attribute('points')} ", (
        "nobody has asked since it looks on"
    )
    port = int(address.rsplit(":", 1)[1])
    row = page.evaluate("JSON.parse(document.getElementById('data').textContent)")
    rows = [dict(zip([each["name"] for each in row["features"]], row["examples"][0], strict=True))]
    for _ in range(30):
        ask(port, rows)
    expect(page.locator("#traffic")).to_contain_text("requests (")
    expect(page.locator("#traffic")).to_contain_text("ms")
    expect(page.locator("#line polyline")).to_have_attribute("points", re.compile(r",4( |$)"))


@pytest.mark.parametrize("served", ["address", "hostile", "number"])
def test_it_fits_a_phone(served: str, opened: Opened, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Nothing has to be scrolled sideways, whatever the names are, with everything open."""
    page = opened(request.getfixturevalue(served), refused=(404,), **PHONE)
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = "found => found.filter(one => one.offsetHeight < 24 && one.type !== 'checkbox').map(one => one.id)"
    assert page.locator("input:visible, select:visible, button:visible").evaluate_all(small) == []
    page.screenshot(path=tmp_path / f"phone-{served}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_day_and_by_night(scheme: str, address: str, opened: Opened, tmp_path: Path) -> None:
    """Every text stands out from what is behind it, faults and answers from before too."""
    page = opened(address, refused=(422,), color_scheme=scheme)
    open_all(page)
    page.get_by_label("hour", exact=True).fill("99")
    press_ask(page)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}[scheme]
    lowest, where = page.evaluate(CONTRAST)
    assert lowest >= 4.5, where
    page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)


def test_nothing_moves_for_those_who_want_that(address: str, opened: Opened) -> None:
    """Bars are as long as they are at once."""
    page = opened(address, reduced_motion="reduce")
    press_ask(page)
    moving = page.locator(".fill").first.evaluate("one => getComputedStyle(one).transitionDuration")
    assert moving == "0s"


def test_names_that_want_to_be_html_stay_text(hostile: str, opened: Opened, tmp_path: Path) -> None:
    """Sixty features of every kind: names, meanings, levels and classes are read, and none of them runs."""
    page = opened(hostile, refused=(404,))
    open_all(page)
    page.get_by_role("button", name="Show every feature").click()
    assert page.locator("img, #data ~ script:not([type=module]), main script").count() == 0
    assert page.locator(".field").count() == page.locator("#changes li").count() == 60
    expect(page.locator(".field > label").first).to_have_text(HOSTILE)
    assert set(page.locator("#feature-1-levels option").evaluate_all("found => found.map(one => one.value)")) <= set(
        LEVELS
    )
    assert HOSTILE in page.locator("#picture").inner_text()
    page.get_by_label(HOSTILE, exact=True).fill("7")
    press_ask(page)
    page.wait_for_timeout(300)
    page.screenshot(path=tmp_path / "hostile.png")


def test_a_number_is_shown_among_what_is_usual(number: str, opened: Opened, tmp_path: Path) -> None:
    """With a mark among those of the golden rows, all of them on the scale."""
    page = opened(number)
    press_ask(page)
    places = page.locator("#picture .tick, #picture .mark").evaluate_all(
        "found => found.map(one => parseFloat(one.style.left))"
    )
    assert len(places) == 25
    assert 0 <= min(places) <= max(places) <= 100
    assert float(page.locator("#said strong").inner_text().replace("\u2212", "-")) < 40
    page.screenshot(path=tmp_path / "number.png")


def test_a_key_is_asked_for_and_forgotten(address: str, opened: Opened, tmp_path: Path) -> None:
    """A page that holds nothing of the model learns it with the key; a wrong one is told, and a reload forgets it."""
    said = json.dumps(
        {"error": {"code": "unauthorized", "message": "This key is not known.", "fields": []}, "request_id": ""}
    )

    def guarded(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer right":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/json", body=said)

    def bare(route: Route) -> None:
        response = route.fetch()
        start, mark, rest = response.text().partition('id="data">')
        route.fulfill(response=response, body=f"{start}{mark}null</script>{rest.partition('</script>')[2]}")

    def guard(page: Page) -> None:
        page.route("**/v1/**", guarded)
        page.route(f"{address}/", bare)

    page = opened(address, refused=(401,), before=guard)
    key = page.get_by_label("API key")
    expect(page.locator("#desk")).to_be_hidden()
    key.fill("wrong")
    key.press("Enter")
    expect(page.locator("#key-fault")).to_have_text("This key is not known.")
    page.screenshot(path=tmp_path / "key.png")
    key.fill("right")
    key.press("Enter")
    expect(page.locator("#feature-0")).to_be_focused()
    press_ask(page)
    expect(page.locator("#said strong")).to_be_visible()
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])") == '[{},{},""]'
    page.reload()
    expect(key).to_be_visible()
    assert key.input_value() == ""


def test_a_setting_takes_it_away(project: Path) -> None:
    """LIVE_PLAYGROUND=off: there is no such path, and the service answers as ever."""
    with serving(project, project / "models" / "bento", LIVE_PLAYGROUND="off") as address:
        shown = "%{http_code} "
        said = run(
            ["curl", "-s", "-o", "/dev/null", "-w", shown, f"{address}/", "-o", "/dev/null", f"{address}/v1/info"],
            project,
        )
        assert said.split() == ["404", "200"]
