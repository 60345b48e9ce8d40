"""The compressor in process, and the shim for programs of the other package."""

import copy
import json
import os
import signal
import tempfile
import unittest
from unittest import mock

import headroom
from headroom_ai import local

ROWS = json.dumps([{"id": n, "state": "ready", "name": f"task {n * 7919}"} for n in range(300)])


class InProcess(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = folder.name
        patch = mock.patch.dict(os.environ, {"HEADROOM_WORKSPACE_DIR": folder.name})
        patch.start()
        self.addCleanup(patch.stop)

    def test_smaller_and_the_same_each_time(self):
        once = local.compress(ROWS, budget=8000)
        self.assertLess(len(once), len(ROWS) * 0.8)
        self.assertEqual(once, local.compress(ROWS, budget=8000))
        for name in ("7919", "2367781"):
            self.assertIn(name, once)

    def test_nothing_is_written_where_nothing_may_be_kept(self):
        local.compress(ROWS, keep=False)
        self.assertEqual(os.listdir(self.workspace), [])

    @unittest.skipUnless(hasattr(os, "fork"), "the system has no fork")
    def test_a_copy_of_the_process_has_no_threads_and_needs_none(self):
        long = ROWS * 4
        whole = local.compress(long, budget=8000)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(30)
            same = local.compress(long, budget=8000) == whole
            os.write(writer, b"same" if same else b"not the same")
            os._exit(0)
        os.close(writer)
        self.assertEqual(os.read(reader, 100), b"same")
        os.waitpid(child, 0)

    def test_arguments_are_checked(self):
        with self.assertRaises(TypeError):
            local.compress(b"bytes", budget=1)
        with self.assertRaises(OverflowError):
            local.compress("text", budget=-1)


class Shim(unittest.TestCase):
    OPENAI = [
        {"role": "system", "content": ROWS},
        {"role": "user", "content": ROWS},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "tool_call_id": "1", "content": ROWS},
        {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": ROWS}]},
    ]
    ANTHROPIC = [
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": ROWS},
                {"type": "tool_result", "tool_use_id": "2", "content": ROWS, "is_error": True},
                {"type": "tool_result", "tool_use_id": "3"},
                {"type": "image", "source": {}},
                {"type": "text", "text": ROWS},
            ],
        }
    ]

    def test_tool_results_of_openai(self):
        before = copy.deepcopy(self.OPENAI)
        result = headroom.compress(self.OPENAI, model="gpt-4o")
        self.assertEqual(self.OPENAI, before)
        self.assertEqual(len(result.messages), len(before))
        self.assertEqual(result.messages[:3], before[:3])
        self.assertLess(len(result.messages[3]["content"]), len(ROWS))
        self.assertLess(len(result.messages[4]["content"][0]["text"]), len(ROWS))
        self.assertEqual(result.tokens_saved, result.tokens_before - result.tokens_after)
        self.assertTrue(0 < result.compression_ratio < 1)
        self.assertTrue(result.lossless)
        self.assertTrue(result.transforms_applied)

    def test_tool_results_of_anthropic(self):
        blocks = headroom.compress(self.ANTHROPIC).messages[0]["content"]
        self.assertLess(len(blocks[0]["content"]), len(ROWS))
        self.assertEqual(blocks[1:], self.ANTHROPIC[0]["content"][1:])

    def test_settings(self):
        user = headroom.compress(self.OPENAI, compress_user_messages=True, target_ratio=0.5)
        self.assertLess(len(user.messages[1]["content"]), len(ROWS))
        frozen = headroom.CompressConfig(frozen_message_count=4)
        self.assertEqual(headroom.compress(self.OPENAI, config=frozen).messages[:4], self.OPENAI[:4])
        off = headroom.compress(self.OPENAI, optimize=False)
        self.assertEqual((off.messages, off.tokens_saved), (self.OPENAI, 0))


if __name__ == "__main__":
    unittest.main()
