#!/usr/bin/env python3
"""Tokens: where they are valid and until when, who may guess passwords how often, and that nothing writes a secret down."""

import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import places  # noqa: E402
from api import grpc, rpc_pb2 as pb  # noqa: E402
from policy_test import BAD_TOKEN, NO_TOKEN, PERMISSION_DENIED, AuthApi, WithUsers, metadata_of  # noqa: E402
from raw_steps import put, txn  # noqa: E402
from steps import eventually  # noqa: E402
from user_api import UserApi  # noqa: E402
from watching import WatchStream  # noqa: E402

WRONG = ("INVALID_ARGUMENT", "etcdserver: authentication failed, invalid user ID or password")


def as_root(endpoint: str) -> UserApi:
    return UserApi(endpoint, "root", "rootpw")


def told(call, *arguments) -> tuple:
    try:
        return "OK", call(*arguments)
    except grpc.RpcError as error:
        return error.code().name, error.details()


class Tokens(WithUsers):
    def read(self, token: str, api=None) -> tuple:
        return told((api or self.root).as_user, token, "/etcdserverpb.KV/Range", pb.RangeRequest(key=b"r/a"))[:2]

    def write(self, token: str, key: bytes = b"r/w") -> tuple:
        return told(self.root.as_user, token, "/etcdserverpb.KV/Put", pb.PutRequest(key=key, value=b"x"))

    def admin(self, method: str, **fields) -> bytes:
        return self.root.as_user(self.tokens["root"], f"/etcdserverpb.Auth/{method}", getattr(pb, f"Auth{method}Request")(**fields))

    def log_in(self, user: str) -> str:
        return self.root.authenticate(user, f"{user}pw")

    def add_user(self, name: str, *roles: str) -> str:
        """Its token."""
        self.admin("UserAdd", name=name, password=f"{name}pw")
        for role in roles:
            self.admin("UserGrantRole", user=name, role=role)
        return self.log_in(name)


class Lives(Tokens):
    def test_another_token_for_every_login_and_all_are_good(self):
        tokens = [self.log_in("reader") for _ in range(3)]
        self.assertEqual(len(set(tokens)), 3)
        for token in tokens:
            self.assertRegex(token, r"^[A-Za-z]{16}\.\d+$")
            self.assertEqual(self.read(token)[0], "OK")

    def test_it_outlives_changes_of_others_and_of_roles(self):
        token = self.add_user("steady", "reading")
        self.admin("RoleAdd", name="late")
        self.admin("RoleGrantPermission", name="late", perm={"permType": "WRITE", "key": b"late"})
        self.assertEqual(self.write(token, b"late"), PERMISSION_DENIED)
        self.admin("UserGrantRole", user="steady", role="late")
        self.assertEqual(self.write(token, b"late")[0], "OK")
        self.admin("RoleRevokePermission", role="late", key=b"late")
        self.assertEqual(self.write(token, b"late"), PERMISSION_DENIED)
        self.assertEqual(self.read(token)[0], "OK")
        self.admin("UserRevokeRole", name="steady", role="reading")
        self.assertEqual(self.read(token), PERMISSION_DENIED)

    def test_a_new_password_ends_those_of_the_user_and_of_nobody_else(self):
        mine, others = self.add_user("changer", "reading"), self.log_in("reader")
        self.admin("UserChangePassword", name="changer", password="another")
        self.assertEqual(self.read(mine), BAD_TOKEN)
        self.assertEqual(self.read(others)[0], "OK")
        self.assertEqual(told(self.log_in, "changer"), WRONG)
        self.assertEqual(self.read(self.root.authenticate("changer", "another"))[0], "OK")

    def test_it_ends_with_the_user_also_when_the_name_comes_back(self):
        token = self.add_user("phoenix", "reading")
        self.admin("UserDelete", name="phoenix")
        self.assertEqual(self.read(token), BAD_TOKEN)
        self.add_user("phoenix", "reading")
        self.assertEqual(self.read(token), BAD_TOKEN)

    def test_what_is_no_token(self):
        for token in ("garbage", ".", "ABCDEFGHIJKLMNOP.", "ABCDEFGHIJKLMNOP.x", "ABCDEFGHIJKLMNOP.-1", "ABCDEFGHIJKLMNOP.1",
                      "ABCDEFGHIJKLMNOP.99999999999999999999999", "A" * 8000):
            self.assertEqual(self.read(token), BAD_TOKEN, token[:40])
        self.assertEqual(self.read(""), NO_TOKEN)

    def test_it_may_come_as_authorization(self):
        token = self.log_in("reader")
        for value in (token, f"Bearer {token}"):
            answer = self.root.raw("/etcdserverpb.KV/Range", pb.RangeRequest(key=b"r/a").SerializeToString(),
                                   metadata=(("authorization", value),))
            self.assertEqual(pb.RangeResponse.FromString(answer).kvs[0].key, b"r/a")

    def test_a_watch_stays_when_its_user_may_no_longer_watch(self):
        """As etcd's: who may is asked when it begins."""
        token = self.add_user("watcher", "reading")
        with WatchStream(self.root.channel, metadata_of(token)) as stream:
            stream.create(key=b"r/", range_end=b"r0")
            self.assertTrue(next(stream).created)
            self.admin("UserRevokeRole", name="watcher", role="reading")
            self.write(self.tokens["root"])
            self.assertEqual(next(stream).events[0].kv.key, b"r/w")
            stream.create(key=b"r/", range_end=b"r0")
            answer = next(stream)
            self.assertEqual((answer.created, answer.canceled), (True, True))
            self.assertIn(PERMISSION_DENIED[1], answer.reason)

    def test_a_refused_watch_is_told_of_nothing(self):
        with WatchStream(self.root.channel, metadata_of(self.tokens["norole"])) as stream:
            stream.create(key=b"r/w")
            self.assertTrue(next(stream).canceled)
            self.write(self.tokens["root"])
            stream.ask_progress()
            stream.create(key=b"r/w")
            answer = next(stream)
            while not answer.canceled:  # what a progress answer tells is for all
                self.assertEqual(len(answer.events), 0)
                answer = next(stream)

    def test_disabling_ends_them_all(self):
        token = self.log_in("reader")
        self.root.as_user(self.tokens["root"], "/etcdserverpb.Auth/AuthDisable")
        self.assertEqual(self.read("")[0], "OK")
        self.assertEqual(self.read(token)[0], "OK", "a token that is not asked for does no harm")
        self.assertEqual(told(self.log_in, "reader"), ("FAILED_PRECONDITION", "etcdserver: authentication is not enabled"))
        self.root.as_user("", "/etcdserverpb.Auth/AuthEnable")
        self.assertEqual(self.read(token), BAD_TOKEN)
        self.tokens["root"] = self.root.log_in("root", "rootpw")


class Guessing(Tokens):
    def test_wrong_passwords_are_told_apart_from_nothing(self):
        for user, password in (("reader", "wrong"), ("reader", ""), ("nobody", "x"), ("reader", "readerpw ")):
            self.assertEqual(told(self.root.authenticate, user, password), WRONG)
        self.assertEqual(told(self.root.authenticate, "", "x")[0], "INVALID_ARGUMENT")

    def test_whoever_guesses_is_slowed_down_and_nobody_else(self):
        """Row 25: after some failures no more passwords of that user are looked at for a while."""
        outcomes = [told(self.root.authenticate, "writer", f"guess {number}") for number in range(40)]
        self.assertEqual(outcomes[0], WRONG)
        self.assertLess(outcomes.count(WRONG), 25, "forty guesses at once")
        self.assertEqual({code for code, _ in outcomes} - {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNKNOWN", "UNAVAILABLE"}, set())
        self.assertEqual(self.read(self.log_in("reader"))[0], "OK")
        eventually(lambda: told(self.log_in, "writer")[0] == "OK", 60, "the right password is taken again")

    def test_one_who_has_no_password(self):
        """The installed messages do not know the option: field 3, in it field 1."""
        self.root.as_user(self.tokens["root"], "/etcdserverpb.Auth/UserAdd", b"\x0a\x04cert\x1a\x02\x08\x01")
        for password in ("", "x"):
            self.assertEqual(told(self.root.authenticate, "cert", password),
                             ("UNKNOWN", "auth: authentication failed, password was given for no password user"))


class Ends(Tokens):
    flags = ("--bcrypt-cost=4", "--auth-token-ttl=2")

    def test_each_use_makes_it_last_longer(self):
        token = self.log_in("reader")
        until = time.monotonic() + 5  # more than twice its life
        while time.monotonic() < until:
            self.assertEqual(self.read(token)[0], "OK")
            time.sleep(0.2)

    def test_unused_it_ends(self):
        token = self.log_in("reader")
        time.sleep(5 * places.time_scale())  # what is to pass is the token's time
        self.assertEqual(self.read(token), BAD_TOKEN)


class Cluster(Tokens):
    size = 3

    def test_it_is_good_at_every_member_at_once(self):
        apis = [AuthApi(server.endpoint) for server in self.cluster.servers]
        for number in range(30):
            token = apis[number % 3].authenticate("reader", "readerpw")
            for api in apis:
                self.assertEqual(self.read(token, api)[0], "OK")
        for api in apis:
            api.channel.close()

    def test_a_change_holds_at_every_member_for_what_is_asked_behind_it(self):
        apis = [AuthApi(server.endpoint) for server in self.cluster.servers]
        token = self.add_user("moved")
        for _ in range(5):
            self.admin("UserGrantRole", user="moved", role="reading")
            self.assertEqual([self.read(token, api)[0] for api in apis], ["OK"] * 3)
            self.admin("UserRevokeRole", name="moved", role="reading")
            self.assertEqual([self.read(token, api) for api in apis], [PERMISSION_DENIED] * 3)
        for api in apis:
            api.channel.close()

    def test_it_outlives_the_leader(self):
        token = self.log_in("readwriter")
        leader = self.cluster.leader(connect=as_root)
        if leader.endpoint == self.root.endpoint:
            self.skipTest("the one that is asked leads now")
        leader.kill()
        eventually(lambda: self.write(token)[0] == "OK", 20, "a write with a token of before")
        leader.start().wait_healthy(30)

    def test_a_follower_that_was_away_knows_the_users(self):
        leader = self.cluster.leader(connect=as_root)
        away = next(s for s in self.cluster.servers if s is not leader and s.endpoint != self.root.endpoint)
        away.kill()
        token = self.add_user("while-away", "reading")
        away.start().wait_healthy(30)
        with AuthApi(away.endpoint) as api:
            eventually(lambda: self.read(token, api)[0] in ("OK", "UNAUTHENTICATED"), 20, "an answer")
            again = api.authenticate("while-away", "while-awaypw")
            self.assertEqual(self.read(again, api)[0], "OK")
            self.assertEqual(told(api.as_user, again, "/etcdserverpb.KV/Txn", txn([], [put(b"r/w")])), PERMISSION_DENIED)


class Secrets(Tokens):
    def test_nothing_on_disk_and_nothing_in_the_log_tells_one(self):
        self.add_user("secretive")
        words = [b"secretivepw", b"rootpw", self.log_in("secretive").encode(), self.tokens["root"].encode()]
        words.append(words[2].split(b".")[0])
        told(self.root.authenticate, "secretive", "wrong but mine")
        words.append(b"wrong but mine")
        self.write(self.tokens["root"])
        files = [self.server.log_path, *(path for path in self.server.data_dir.rglob("*") if path.is_file())]
        self.assertGreater(len(files), 3)
        for path in files:
            data = path.read_bytes()
            for word in words:
                self.assertFalse(word in data, f"{word} in {path}")

    def test_metrics_and_pages_tell_none(self):
        for path in ("/metrics", "/health", "/version"):
            _, text = self.server.http(path)
            for word in ("secretive", "rootpw", self.tokens["root"]):
                self.assertFalse(word in text, f"{word} in {path}")

    def test_many_at_once_are_served_or_told_to_wait(self):
        """More logins at once than passwords may wait to be hashed: each is answered."""
        outcomes = []
        threads = [threading.Thread(target=lambda: outcomes.append(told(self.log_in, "reader")[0])) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(outcomes), 64)
        self.assertIn("OK", outcomes)
        self.assertEqual(set(outcomes) - {"OK", "RESOURCE_EXHAUSTED", "UNKNOWN"}, set())


if __name__ == "__main__":
    unittest.main(verbosity=1)
