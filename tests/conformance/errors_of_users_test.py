#!/usr/bin/env python3
"""The errors of users, roles and permissions, by their exact codes and texts; nothing changes by any of them."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import errors_test  # noqa: E402
from api import Api, rpc_pb2 as pb  # noqa: E402
from errors_table import OF_USERS  # noqa: E402
from user_api import UserApi  # noqa: E402

EMPTY, NO_USER, NO_ROLE = "etcdserver: user name is empty", "etcdserver: user name not found", "etcdserver: role name not found"
MANAGEMENT, DENIED = "etcdserver: invalid auth management", "etcdserver: permission denied"
READ, BOTH = {"key": b"a"}, {"permType": "READWRITE", "key": b"a", "range_end": b"b"}


class Users(errors_test.Errors):
    """In the order of their names: authentication is off in the first, and on from the second on."""

    FLAGS, CODES = ("--bcrypt-cost=4",), OF_USERS

    def done(self, method: str, **fields) -> None:
        getattr(self.api.auth, method)(getattr(pb, f"Auth{method}Request")(**fields), timeout=30)

    def told(self, text: str, method: str, **fields) -> None:
        name = method if method.startswith("Auth") else f"Auth{method}"
        self.refused(text, getattr(self.api.auth, method), getattr(pb, f"{name}Request")(**fields))

    def test_1_while_it_is_off(self):
        self.told("etcdserver: root user does not exist", "AuthEnable")
        self.told("etcdserver: authentication is not enabled", "Authenticate", name="root", password="x")
        self.done("UserAdd", name="root", password="rootpw")
        self.told("etcdserver: root user does not have root role", "AuthEnable")
        self.told("etcdserver: user name already exists", "UserAdd", name="root", password="x")
        self.told(EMPTY, "UserAdd", password="x")
        for method in ("UserGet", "UserDelete", "UserChangePassword"):
            self.told(NO_USER, method, name="nobody")
        self.told(NO_USER, "UserGrantRole", user="nobody", role="root")
        self.told(NO_USER, "UserRevokeRole", name="nobody", role="root")
        self.done("RoleAdd", name="root")
        self.told("etcdserver: role name already exists", "RoleAdd", name="root")
        self.told("etcdserver: role name is empty", "RoleAdd")
        for method in ("RoleGet", "RoleDelete"):
            self.told(NO_ROLE, method, role="nothing")
        self.told(NO_ROLE, "UserGrantRole", user="root", role="nothing")
        self.told("etcdserver: role is not granted to the user", "UserRevokeRole", name="root", role="root")
        self.permissions()

    def permissions(self) -> None:
        self.told(NO_ROLE, "RoleGrantPermission", name="nothing", perm=READ)
        self.told(NO_ROLE, "RoleRevokePermission", role="nothing", key="a")
        self.done("RoleAdd", name="one")
        self.told("etcdserver: permission not given", "RoleGrantPermission", name="one")
        for span in ({"key": b""}, {"key": b"b", "range_end": b"a"}, {"key": b"a", "range_end": b"a"}):
            self.told(MANAGEMENT, "RoleGrantPermission", name="one", perm=span)
        self.done("RoleGrantPermission", name="one", perm=BOTH)
        for span in ({"key": "a"}, {"key": "a", "range_end": "c"}, {"key": "c"}):
            self.told("etcdserver: permission is not granted to the role", "RoleRevokePermission", role="one", **span)

    def test_2_while_it_is_on(self):
        for user, role in (("root", "root"), ("one", "one")):
            if user == "one":
                self.done("UserAdd", name="one", password="onepw")
            self.done("UserGrantRole", user=user, role=role)
        self.api.auth.AuthEnable(pb.AuthEnableRequest(), timeout=30)
        self.strangers = Api(self.server.endpoint)
        type(self).api = UserApi(self.server.endpoint, "root", "rootpw")
        self.told(MANAGEMENT, "UserDelete", name="root")
        self.told(MANAGEMENT, "RoleDelete", role="root")
        self.told(MANAGEMENT, "UserRevokeRole", name="root", role="root")
        self.refused(EMPTY, self.strangers.kv.Put, pb.PutRequest(key=b"a"))
        self.refused("etcdserver: invalid auth token", self.strangers.kv.Put, pb.PutRequest(key=b"a"), metadata=(("token", "x"),))
        for name, password in (("one", "wrong"), ("nobody", "x")):
            self.refused("etcdserver: authentication failed, invalid user ID or password", self.strangers.auth.Authenticate,
                         pb.AuthenticateRequest(name=name, password=password))
        one = UserApi(self.server.endpoint, "one", "onepw")
        self.refused(DENIED, one.kv.Put, pb.PutRequest(key=b"b"))
        self.refused(DENIED, one.auth.UserList, pb.AuthUserListRequest())
        # The installed messages do not know the option: field 3, in it field 1.
        self.api.raw("/etcdserverpb.Auth/UserAdd", b"\x0a\x04cert\x1a\x02\x08\x01")
        self.refused("auth: authentication failed, password was given for no password user", self.strangers.auth.Authenticate,
                     pb.AuthenticateRequest(name="cert", password="x"))
        one.close()
        self.strangers.channel.close()

    @classmethod
    def tearDownClass(cls):
        if isinstance(cls.api, UserApi):
            cls.api.close()
            cls.api = Api(cls.server.endpoint)
        super().tearDownClass()


if __name__ == "__main__":
    program = unittest.main(verbosity=1, exit=False)
    missed = sorted(set(OF_USERS) - errors_test.SEEN)
    if missed:
        print("no test has provoked:", *missed, sep="\n  ")
    sys.exit(0 if program.result.wasSuccessful() and not missed else 1)
