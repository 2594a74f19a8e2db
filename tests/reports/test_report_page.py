"""``report.html`` in a real browser, opened from disk as a double click does.

Without Chromium these tests are skipped; ``REQUIRE_BROWSER=1`` makes that a failure.
"""

import contextlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from test_reports import build, history, row

from mnistbench.experiment.config import load_experiment
from mnistbench.judging.certificate import Certificate
from mnistbench.ledger.results import Row
from mnistbench.reports import report as reports
from mnistbench.reports import tables
from mnistbench.reports.page import page
from mnistbench.reports.pictures import figures

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        reason = "chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture
def opened(browser: webdriver.Chrome, tmp_path: Path) -> webdriver.Chrome:
    """Return the browser with a report of four runs in it, two of them with hostile text."""
    made = build(
        row(time_seconds=2.5, history=history(0.9, 0.96)),
        row(net="keras", time_seconds=10.0, history=history(0.91, 0.97)),
        row("error", f"it said {SCRIPT}", net="keras", seed=2),
        row(net=SCRIPT, time_seconds=5.0, history=history(0.8, 0.9)),
    )
    asked = made.experiment.model_copy(update={"nets": ["numpy", "keras", SCRIPT], "seeds": [1, 2]})
    show(browser, reports.build(asked, made.rows), tmp_path)
    return browser


def show(browser: webdriver.Chrome, report: reports.Report, folder: Path) -> None:
    """Write a report's page with its pictures and open it."""
    file = folder / "report.html"
    file.write_text(page.html(report, figures.draw(report)), encoding="utf-8")
    browser.get_log("browser"), browser.get_log("performance")  # what the page before left
    browser.get(file.as_uri())


PHONE, DESK = (390, 844), (1280, 800)


def unfold(browser: webdriver.Chrome) -> None:
    """Open all that is folded, as its reader may."""
    browser.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")


@contextlib.contextmanager
def screen(browser: webdriver.Chrome, size: tuple[int, int], scheme: str = "light") -> Iterator[None]:
    """Show the page on a screen of so many pixels, in a scheme of colours."""
    width, height = size
    device = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def column(browser: webdriver.Chrome, table: str, index: int) -> list[str]:
    """Return the texts of a column in the rows that are shown."""
    rows = browser.find_elements(By.CSS_SELECTOR, f"#{table} tbody tr")
    cells = [r.find_elements(By.CSS_SELECTOR, "th, td")[index].text for r in rows if r.is_displayed()]
    return [cell.splitlines()[0] for cell in cells]


def press_heading(browser: webdriver.Chrome, table: str, heading: str) -> None:
    for button in browser.find_elements(By.CSS_SELECTOR, f"#{table} thead button"):
        if button.text == heading:
            button.send_keys(Keys.ENTER)  # by keyboard
            return
    raise AssertionError(f"{table} has no heading {heading}")


def test_the_page_opens_without_an_error_or_a_request(opened: webdriver.Chrome) -> None:
    assert opened.title == "x – mnistbench"
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [opened.current_url]


def test_a_heading_sorts_and_turns_the_order(opened: webdriver.Chrome) -> None:
    unfold(opened)
    press_heading(opened, "comparison", "To the end (s)")
    assert column(opened, "comparison", 2) == ["2.50", "5.00", "10.00"]
    press_heading(opened, "comparison", "To the end (s)")
    assert column(opened, "comparison", 2) == ["10.00", "5.00", "2.50"]
    (heading,) = opened.find_elements(By.CSS_SELECTOR, "#comparison th[aria-sort]")
    assert heading.get_attribute("aria-sort") == "descending"
    press_heading(opened, "comparison", "Net")
    assert column(opened, "comparison", 1) == [SCRIPT, "keras", "numpy"]


def test_runs_without_a_figure_are_sorted_last(opened: webdriver.Chrome) -> None:
    unfold(opened)
    press_heading(opened, "every-run", "To the end (s)")
    assert column(opened, "every-run", 8) == ["2.50", "5.00", "10.00", "–"]
    press_heading(opened, "every-run", "To the end (s)")
    assert column(opened, "every-run", 8) == ["10.00", "5.00", "2.50", "–"]


def test_runs_are_filtered_by_net_and_status(opened: webdriver.Chrome) -> None:
    unfold(opened)
    Select(opened.find_element(By.ID, "filter-net")).select_by_visible_text("keras")
    assert column(opened, "every-run", 1) == ["keras", "keras"]
    assert opened.find_element(By.ID, "shown").text == "2 of 4 runs"
    Select(opened.find_element(By.ID, "filter-status")).select_by_visible_text("error")
    assert column(opened, "every-run", 7) == ["error"]
    Select(opened.find_element(By.ID, "filter-net")).select_by_visible_text("all")
    assert opened.find_element(By.ID, "shown").text == "1 of 4 runs"


def test_the_button_copies_the_config(opened: webdriver.Chrome) -> None:
    unfold(opened)
    opened.find_element(By.ID, "copy").click()
    opened.execute_script("document.body.prepend(Object.assign(document.createElement('textarea'), {id: 'paste'}))")
    paste = opened.find_element(By.ID, "paste")
    paste.send_keys(Keys.CONTROL, "v")
    assert paste.get_property("value").startswith("name: x\n")
    assert paste.get_property("value").strip() == opened.find_element(By.ID, "config-text").text.strip()
    assert opened.find_element(By.ID, "copied").text == "Copied."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_page_without_scrolling_sideways(opened: webdriver.Chrome, scheme: str) -> None:
    with screen(opened, PHONE, scheme):
        unfold(opened)
        assert opened.execute_script("return innerWidth") == 390
        assert opened.execute_script("return document.documentElement.scrollWidth") == 390
        paper = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(246, 247, 249)", "dark": "rgb(13, 17, 23)"}[scheme]


def test_a_table_that_goes_on_to_the_right_says_so(opened: webdriver.Chrome) -> None:
    ask = """
        return [...document.querySelectorAll('.scroll')].map((table) => [
            table.scrollWidth > table.clientWidth + 1,
            getComputedStyle(table, '::after').content.includes('more to the right'),
        ]);
    """
    for size in (PHONE, DESK):
        with screen(opened, size):
            unfold(opened)
            opened.execute_script("dispatchEvent(new Event('resize'))")
            told = opened.execute_script(ask)
            assert all(goes_on == said for goes_on, said in told)
            assert size != PHONE or any(goes_on for goes_on, _ in told)


@pytest.mark.parametrize("name", ["hidden", "certificate", "seeds", "peers"])
def test_a_committed_page_shows_its_results_whole_on_a_desk(browser: webdriver.Chrome, name: str) -> None:
    browser.get((Path(__file__).parents[2] / "results" / name / "report.html").as_uri())
    with screen(browser, DESK):
        wide, place = browser.execute_script("""
            const {scrollWidth, clientWidth} = document.getElementById('matrix').parentElement;
            return [scrollWidth, clientWidth];
        """)
    assert wide <= place


def test_a_net_with_a_long_name_makes_no_page_wider(browser: webdriver.Chrome, tmp_path: Path) -> None:
    own = f"{'a_folder_of_somebody/' * 6}my_network.py:{'ALongNameOfAClass' * 3}"
    show(browser, judge(row(), row(net=own, weights_sha256="a"), row("error", "x" * 300, net="keras")), tmp_path)
    with screen(browser, PHONE):
        unfold(browser)
        assert browser.execute_script("return document.documentElement.scrollWidth") == 390


def test_no_picture_is_wider_than_a_phone_or_scrolls(opened: webdriver.Chrome) -> None:
    with screen(opened, PHONE):
        unfold(opened)
        drawn = opened.execute_script("""
            return [...document.querySelectorAll('.panel svg')].map((svg) => {
                const scroller = svg.closest('.scroll'), box = svg.getBoundingClientRect();
                return [box.left, box.right, box.height, scroller !== null];
            });
        """)
    assert len(drawn) > 4
    assert all(left >= 0 and right <= 390 and height > 50 and not scrolls for left, right, height, scrolls in drawn)


def test_all_text_of_a_picture_is_inside_it(opened: webdriver.Chrome) -> None:
    unfold(opened)
    outside = opened.execute_script("""
        return [...document.querySelectorAll('.panel svg')].flatMap((svg) => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter((text) => {
                const { left, right, top, bottom } = text.getBoundingClientRect();
                return left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
            }).map((text) => text.textContent);
        });
    """)
    assert outside == []


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_the_first_screen_has_the_answer(opened: webdriver.Chrome, size: tuple[int, int]) -> None:
    with screen(opened, size):
        answer = opened.find_element(By.ID, "answer")
        assert answer.text
        assert answer.rect["y"] + answer.rect["height"] < size[1]


def test_what_comes_after_the_pictures_is_folded_until_it_is_asked_for(opened: webdriver.Chrome) -> None:
    runs = opened.find_element(By.ID, "every-run")
    assert not runs.is_displayed()
    opened.find_element(By.CSS_SELECTOR, "nav a[href='#runs']").click()
    assert runs.is_displayed()


def test_a_printed_page_has_what_is_folded(opened: webdriver.Chrome) -> None:
    def folded() -> int:
        return len(opened.find_elements(By.CSS_SELECTOR, "details:not([open])"))

    before = folded()
    opened.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert (before > 0, folded()) == (True, 0)
    opened.execute_script("dispatchEvent(new Event('afterprint'))")
    assert folded() == before


def cell(browser: webdriver.Chrome, net: str) -> str:
    """Return what the matrix says of a net at its one point."""
    rows = browser.find_elements(By.CSS_SELECTOR, "#matrix tbody tr")
    return next(row.find_element(By.TAG_NAME, "td").text for row in rows if row.text.startswith(net))


def marked(browser: webdriver.Chrome) -> list[str]:
    return [mark.text.splitlines()[0] for mark in browser.find_elements(By.CSS_SELECTOR, "#matrix .best")]


def seeds(net: str, seconds: float, accuracy: float = 0.9651, steps: float = 0.001, **fields: object) -> list[Row]:
    """Return five seeds of a net with a little spread."""
    return [
        row(net=net, seed=seed, time_seconds=seconds + steps * seed, train_seconds=seconds, steady_epoch_seconds=0.1,
            test_accuracy=accuracy + steps * seed / 100, **fields)
        for seed in range(1, 6)
    ]  # fmt: skip


def judge(*rows: Row, certificates: tuple[Certificate, ...] = ()) -> reports.Report:
    asked = load_experiment(None, {"threads": 2, "seeds": 5}, default_name="x")
    nets = list(dict.fromkeys(each.spec.net for each in rows))
    return reports.build(asked.model_copy(update={"nets": nets}), rows, certificates)


def test_the_best_is_marked_where_a_difference_is_shown(browser: webdriver.Chrome, tmp_path: Path) -> None:
    show(browser, judge(*seeds("numpy", 2.0), *seeds("keras", 8.0)), tmp_path)
    assert [text.split(" (")[0] for text in marked(browser)] == ["2.00 s"]
    assert "8.0" in cell(browser, "keras")
    assert "×" in cell(browser, "keras")


def test_nothing_is_marked_where_no_difference_is_shown(browser: webdriver.Chrome, tmp_path: Path) -> None:
    show(browser, judge(*seeds("numpy", 2.0), *seeds("keras", 2.001)), tmp_path)
    assert marked(browser) == []
    assert "Marked" not in browser.find_element(By.TAG_NAME, "body").text


def test_a_net_that_is_another_network_is_never_marked_and_says_why(browser: webdriver.Chrome, tmp_path: Path) -> None:
    quick = seeds("mine.py:Net", 1.0, accuracy=0.098, weights_sha256="a")
    show(browser, judge(*seeds("numpy", 2.0), *seeds("keras", 8.0), *quick), tmp_path)
    assert [text.split(" (")[0] for text in marked(browser)] == ["2.00 s"]
    assert "not compared" in cell(browser, "Net")


def test_each_outcome_has_a_colour_a_sign_and_a_word(browser: webdriver.Chrome, tmp_path: Path) -> None:
    slow = seeds("keras", 8.0, lr=0.1)
    show(browser, judge(*seeds("numpy", 2.0), *slow, *seeds("torch", 2.0, accuracy=0.098)), tmp_path)
    strip = browser.find_elements(By.CSS_SELECTOR, ".verdicts li")
    looks = {
        (item.find_element(By.CLASS_NAME, "word").text, item.value_of_css_property("background-color"))
        for item in strip
    }
    assert {word for word, _ in looks} >= {"✓ pass", "● shown", "✗ fail"}
    assert len({colour for _, colour in looks}) == len(looks)


def test_failed_runs_stand_in_the_matrix_with_their_reason(browser: webdriver.Chrome, tmp_path: Path) -> None:
    show(browser, judge(row(), row("error", "it broke", net="keras")), tmp_path)
    assert cell(browser, "keras") == "✗ error: it broke"


def test_the_published_figures_stand_beside_ours(browser: webdriver.Chrome, tmp_path: Path) -> None:
    show(browser, judge(row(), row(net="keras")), tmp_path)
    assert "published 96.48" in cell(browser, "numpy")


def test_many_points_are_lines_and_the_nets_columns(browser: webdriver.Chrome, tmp_path: Path) -> None:
    rates = [0.1, 0.2, 0.3, 0.4, 0.5]
    asked = load_experiment(None, {"threads": 2, "lr": rates}, default_name="x")
    show(browser, reports.build(asked, [row(lr=lr) for lr in rates]), tmp_path)
    headings = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#matrix tbody th")]
    assert headings == [f"H = 30, lr = {lr}" for lr in rates]


def test_markup_in_a_name_or_an_error_shows_as_text(opened: webdriver.Chrome) -> None:
    unfold(opened)
    body = opened.find_element(By.TAG_NAME, "body").text
    assert f"it said {SCRIPT}" in body
    assert SCRIPT in column(opened, "comparison", 1)
    assert SCRIPT in opened.find_element(By.ID, "matrix").text
    assert len(opened.find_elements(By.TAG_NAME, "script")) == 1  # the page's own; an alert would have failed already


def test_a_flagged_run_is_marked_and_has_its_reason(browser: webdriver.Chrome, tmp_path: Path) -> None:
    slow = row(time_seconds=2.5, others_cpu_fraction=0.5)
    report = build(slow, row(net="keras", time_seconds=3.0))
    assert report.attempts["flags"].iloc[0]
    file = tmp_path / "report.html"
    file.write_text(page.html(report, []), encoding="utf-8")
    browser.get(file.as_uri())
    unfold(browser)
    assert [mark.text[0] for mark in browser.find_elements(By.CLASS_NAME, "flag")] == [tables.FLAG]
    assert report.attempts["flags"].iloc[0] in browser.find_element(By.ID, "every-run").text


def test_the_policy_of_the_page_runs_no_other_script(opened: webdriver.Chrome) -> None:
    opened.execute_script("""
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
    """)
    assert opened.execute_script("return window.ran === undefined")


def test_a_screen_reader_finds_headings_captions_and_names(opened: webdriver.Chrome) -> None:
    levels = [int(heading.tag_name[1]) for heading in opened.find_elements(By.CSS_SELECTOR, "h1, h2, h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(table.find_elements(By.TAG_NAME, "caption") for table in opened.find_elements(By.TAG_NAME, "table"))
    assert not opened.find_elements(By.CSS_SELECTOR, "thead th:not([scope='col']), tbody th:not([scope='row'])")
    names = [picture.accessible_name for picture in opened.find_elements(By.CSS_SELECTOR, "[role='img']")]
    assert names
    assert all(names)
    ids = [element.get_attribute("id") for element in opened.find_elements(By.CSS_SELECTOR, "[id]")]
    assert len(set(ids)) == len(ids)
