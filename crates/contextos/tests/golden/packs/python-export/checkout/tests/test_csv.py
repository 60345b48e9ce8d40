from export import Table, write_rows


def test_rows_are_counted(tmp_path):
    table = Table(["name", "city"], [["Ada", "London"], ["Emmy", "Erlangen"]])
    assert write_rows(table, tmp_path / "people.csv") == 2
