"""The API as a user: a token on every call, another one when it is no longer taken, as etcd's clients do."""

import collections
import threading

import places
from api import Api, grpc, rpc_pb2 as pb

TOKEN_REFUSED = ("etcdserver: invalid auth token", "etcdserver: revision of auth store is old", "etcdserver: user name is empty")
# What grpc hands to interceptors, whose own class cannot be made.
Details = collections.namedtuple("Details", "method timeout metadata credentials wait_for_ready compression")


class Details(Details, grpc.ClientCallDetails):
    """One call."""


class UserApi(Api):
    """Api, whose stubs and methods are this user's. Thread: any."""

    def __init__(self, endpoint: str, user: str, password: str):
        super().__init__(endpoint)
        self.user, self.password = user, password
        self.token, self.logins = "", 0
        self.lock = threading.Lock()
        self.plain = self.channel
        self.use(grpc.intercept_channel(self.plain, Tokens(self)))

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.plain.close()

    def log_in(self, instead_of: str) -> str:
        """A token that is not `instead_of`; raises grpc.RpcError."""
        with self.lock:
            if self.token == instead_of:
                call = self.plain.unary_unary("/etcdserverpb.Auth/Authenticate", pb.AuthenticateRequest.SerializeToString,
                                              pb.AuthenticateResponse.FromString)
                request = pb.AuthenticateRequest(name=self.user, password=self.password)
                self.token = call(request, timeout=5 * places.time_scale()).token
                self.logins += 1
            return self.token


class Tokens(grpc.UnaryUnaryClientInterceptor):
    def __init__(self, api: UserApi):
        self.api = api

    def intercept_unary_unary(self, continuation, details, request):
        token = self.api.token
        call = continuation(with_token(details, token), request)
        if call.code() == grpc.StatusCode.OK or call.details() not in TOKEN_REFUSED:
            return call
        try:
            token = self.api.log_in(instead_of=token)
        except grpc.RpcError:
            return call
        return continuation(with_token(details, token), request)


def with_token(details, token: str) -> Details:
    metadata = [*(details.metadata or ()), *((("token", token),) if token else ())]
    return Details(details.method, details.timeout, metadata, details.credentials, details.wait_for_ready, details.compression)
