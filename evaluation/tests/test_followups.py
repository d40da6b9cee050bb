"""The pairs of the sample corpus that the benchmark of follow-ups measures."""

from evaluation.benchmarks import followups


def test_other_subjects_of_the_sample_corpus_take_nothing_over() -> None:
    changes = [pair for pair in followups.read_pairs() if pair.is_change]

    assert [pair.id for pair in changes if followups.taken_over(pair)] == []


def test_most_followups_of_the_sample_corpus_take_their_subject_over() -> None:
    pairs = [pair for pair in followups.read_pairs() if not pair.is_change]

    assert sum(bool(followups.taken_over(pair)) for pair in pairs) >= 0.85 * len(pairs)
