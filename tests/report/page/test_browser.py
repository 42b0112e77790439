"""The page in a browser: scripts run, charts are drawn, rows are sorted and hidden."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from bench.report.__main__ import main
from tests.report.page.page_runs import full_record
from tests.report.page.test_render import Page
from tests.report.report_records import write

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
ACT = """
<script>addEventListener("load", () => setTimeout(() => {
  const head = [...document.querySelectorAll(".board th button")].find((one) => one.textContent.startsWith("BLEU"));
  head.click();
  const bleu = [...document.querySelectorAll(".board tbody tr")].map((row) => row.dataset.method).join();
  const choice = document.querySelector("[data-filter=method]");
  choice.value = "lora"; choice.dispatchEvent(new Event("change"));
  const shown = [...document.querySelectorAll(".board tbody tr")].filter((row) => !row.hidden).map((row) => row.dataset.method).join();
  const point = document.querySelector("[data-chart=trained] .mark-symbol path[tabindex]");
  point.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  setTimeout(() => {
    const open = [...document.querySelectorAll(".run[open]")].map((one) => one.querySelector("dd").textContent).join();
    document.body.dataset.seen = JSON.stringify({ bleu, shown, open });
  }, 200);
}, 1500));</script>
"""  # noqa: E501
"""What a person does: sort by BLEU, choose LoRA, open the first point of a chart."""


@pytest.mark.skipif(BROWSER is None, reason="no chromium on PATH")
def test_a_person_sorts_filters_and_opens_a_point(tmp_path: Path) -> None:
    """Without an error in the console; every chart with something in it is drawn."""
    bleu = {"lora": 0.66, "ft": 0.7, "dora": 0.6}
    for place, (method, score) in enumerate(bleu.items()):
        for rank in (4, 8):
            write(
                tmp_path,
                full_record(
                    method, metrics={"BLEU": score + rank / 1000}, trained=1000 * (place + rank),
                    settings={"method": {"rank": rank}},
                ),
            )  # fmt: skip
    assert main([f"paths.results={tmp_path}"]) == 0
    page = tmp_path / "index.html"
    text = page.read_text(encoding="utf-8")
    end = text.rindex("</body>")
    page.write_text(text[:end] + ACT + text[end:], encoding="utf-8")
    assert BROWSER is not None
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=9000", "--dump-dom",
         page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    seen = re.search(r'data-seen="([^"]*)"', done.stdout)
    assert seen is not None
    told = seen[1].replace("&quot;", '"')
    assert '"bleu":"ft,ft,lora,lora,dora,dora"' in told
    assert '"shown":"lora,lora"' in told
    assert '"open":"BLEU 0.' in told
    drawn = [held.get("class") for tag, held in Page(done.stdout).elements if tag == "svg"]
    assert drawn.count("marks") == 5
