"""Rows of evaluation."""

from ragapp.tests.table.rows import (
    ADMINS,
    ASKER_MOVES_ON,
    LOOKERS,
    NOBODY,
    NOWHERE,
    POST_IS_NONE,
    POST_ONLY,
    Row,
    absent,
    answer,
    prompt_version,
    release,
)
from ragapp.tests.world import QUESTION

ROUTES: dict[str, list[Row]] = {
    "evaluation:feedback": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, data=lambda world: {"thumb": "1"}, expect=ASKER_MOVES_ON),
    ],
    "evaluation:copied": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, expect="302 404 204 404 404 404 404 404"),
    ],
    "evaluation:ask_a_person": [
        Row(at=answer, expect=POST_ONLY),
        Row(method="post", at=answer, data=lambda world: {"note": "Please"}, expect=ASKER_MOVES_ON),
    ],
    "evaluation:dashboard": [
        Row(expect="302 404 404 404 404 200 404 200"),
        Row(method="post", expect=POST_IS_NONE),
    ],
    "evaluation:models": [Row(expect="302 404 404 404 404 200 404 200")],
    # evaluation/tests/probing/test_pages.py looks at tests that are there.
    "evaluation:probes": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:probe": [Row(at=absent, expect=NOWHERE)],
    "evaluation:probe_start": [
        Row(expect=POST_ONLY),
        Row(method="post", data=lambda world: {"deployment": "none"}, expect="302 404 404 404 404 404 404 404"),
    ],
    "evaluation:probe_accept": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:probe_release": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:probe_compare": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:readiness": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:fine_tuning": [Row(expect="302 404 404 404 404 200 404 404")],
    "evaluation:fine_tuning_file": [
        Row(at=lambda world: {"part": "chat"}, expect="302 404 404 404 404 405 404 404"),
        Row(method="post", at=lambda world: {"part": "chat"}, expect="302 404 404 404 404 200 404 404"),
    ],
    "evaluation:behind": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:controls": [Row(expect="302 404 404 404 404 200 404 200")],
    "evaluation:board": [
        *(
            Row(at=lambda world, name=name: {"name": name}, expect="302 404 404 404 404 200 404 200")
            for name in ("quality", "retrieval", "safety", "cost", "speed", "adoption", "value", "freshness", "drift")
        ),
        Row(at=lambda world: {"name": "nothing"}, expect="302 404 404 404 404 404 404 404"),
    ],
    "evaluation:board_csv": [
        Row(
            at=lambda world: {"name": "quality", "chart": "satisfaction"},
            expect="302 404 404 404 404 200 404 200",
        )
    ],
    "evaluation:state": [
        Row(expect="302 404 404 404 404 404 404 404"),
        Row(method="post", expect="302 404 404 404 404 404 404 302"),
    ],
    "evaluation:alerts": [Row(expect="302 404 404 404 404 200 404 200")],
    # Nothing has been raised here.
    "evaluation:alert": [Row(at=lambda world: {"pk": 1}, expect="302 404 404 404 404 404 404 404")],
    "evaluation:alert_act": [
        Row(at=lambda world: {"pk": 1}, expect="302 404 404 404 404 405 404 405"),
        Row(method="post", at=lambda world: {"pk": 1}, expect="302 404 404 404 404 404 404 404"),
    ],
    "evaluation:runs": [Row(expect=LOOKERS), Row(method="post", expect=POST_IS_NONE)],
    # evaluation/tests/test_views_runs.py looks at runs and datasets that are there.
    "evaluation:run": [Row(at=absent, expect=NOWHERE)],
    "evaluation:run_start": [
        Row(expect=POST_ONLY),
        Row(method="post", expect="302 404 404 404 404 422 404 422"),
    ],
    "evaluation:run_pause": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:run_resume": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:run_cancel": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:run_compare": [Row(at=lambda world: {"before": 1, "after": 2}, expect=NOWHERE)],
    "evaluation:datasets": [
        Row(expect=LOOKERS),
        Row(method="post", expect="302 404 404 404 404 422 404 422"),
    ],
    "evaluation:dataset": [Row(at=absent, expect=NOWHERE)],
    "evaluation:dataset_new": [Row(expect=POST_ONLY), Row(method="post", expect="302 404 404 404 404 302 404 302")],
    "evaluation:dataset_suggest": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:dataset_decide": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:dataset_nightly": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:gates": [
        Row(expect=LOOKERS),
        Row(method="post", expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:bias": [Row(expect=LOOKERS), Row(method="post", expect="302 404 404 404 404 422 404 422")],
    "evaluation:bias_check": [Row(at=absent, expect=NOWHERE)],
    "evaluation:gate_remove": [Row(at=absent, expect=POST_ONLY), Row(method="post", at=absent, expect=NOWHERE)],
    "evaluation:releases": [Row(expect=LOOKERS), Row(method="post", expect=POST_IS_NONE)],
    "evaluation:release": [Row(at=release, expect=LOOKERS)],
    "evaluation:release_new": [
        Row(expect=ADMINS),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 404 404 404 422"),
    ],
    # It is in production already.
    # It is in production already, nothing stands before it, a plan is missing: which its page says.
    "evaluation:release_promote": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:release_back": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:release_canary": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:experiments": [Row(expect=LOOKERS)],
    "evaluation:experiment_new": [
        Row(expect=ADMINS),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 404 404 404 422"),
    ],
    # There is none.
    "evaluation:experiment": [Row(at=lambda world: {"pk": 1}, expect=NOBODY)],
    **{
        f"evaluation:experiment_{action}": [
            Row(at=lambda world: {"pk": 1}, expect=POST_ONLY),
            Row(method="post", at=lambda world: {"pk": 1}, expect=NOBODY),
        ]
        for action in ("start", "end")
    },
    "evaluation:release_shadow": [
        Row(at=release, expect=POST_ONLY),
        Row(method="post", at=release, expect="302 404 404 404 404 404 404 422"),
    ],
    # Nothing is in the shadow.
    "evaluation:shadow": [
        Row(at=lambda world: {"pk": 1}, expect=NOBODY),
        Row(method="post", at=lambda world: {"pk": 1}, expect=NOBODY),
    ],
    # No canary runs.
    "evaluation:canary": [Row(at=lambda world: {"pk": 1}, expect=NOBODY)],
    **{
        f"evaluation:canary_{action}": [
            Row(at=lambda world: {"pk": 1}, expect=POST_ONLY),
            Row(method="post", at=lambda world: {"pk": 1}, expect=NOBODY),
        ]
        for action in ("pause", "resume", "next", "back")
    },
    "evaluation:prompts": [Row(expect=LOOKERS)],
    "evaluation:prompt": [Row(at=lambda world: {"name": "answer"}, expect=LOOKERS)],
    "evaluation:prompt_version": [Row(at=prompt_version, expect=LOOKERS)],
    "evaluation:prompt_write": [
        Row(expect=ADMINS),
        Row(method="post", data=lambda world: {"name": ""}, expect="302 404 404 404 404 404 404 422"),
    ],
    "evaluation:prompt_preview": [
        Row(at=prompt_version, expect=POST_ONLY),
        Row(method="post", at=prompt_version, data=lambda world: {"question": QUESTION}, expect=LOOKERS),
    ],
    "evaluation:prompt_label": [
        Row(at=prompt_version, expect=POST_ONLY),
        Row(method="post", at=prompt_version, expect="302 404 404 404 404 404 404 302"),
    ],
}
