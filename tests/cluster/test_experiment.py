"""Why an experiment failed, from its log."""

from cluster.experiment import last_line


def test_the_reason_is_the_last_line_of_the_stage(tmp_path):
    def reason(log):
        (tmp_path / "log").write_bytes(log)
        return last_line(tmp_path / "log")

    assert (
        reason(b"start\ntrain.py: the loss is nan\nERROR: failed to reproduce 'train'\n\n")
        == "train.py: the loss is nan"
    )
    assert reason(b"\xff fatal\n") == "\ufffd fatal"
    assert reason(b"\n") == "no output"
