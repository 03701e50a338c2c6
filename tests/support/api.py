"""The etcd v3 API by grpcio and python3-etcd3's generated messages: one connection to one server."""

import os

# grpc makes progress with a connection only while some call waits. Calls that fail at once do not, and
# without this a server that came back would go unnoticed for many seconds.
os.environ.setdefault("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "20")

import grpc  # noqa: E402
from etcd3.etcdrpc import kv_pb2, rpc_pb2, rpc_pb2_grpc  # noqa: E402

CHANNEL_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 50),
    # This one is how long a connection may take to be made, for all its name.
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 200),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
]


def identity(data: bytes) -> bytes:
    return data


class Api:
    """Calls take a timeout in seconds and raise grpc.RpcError."""

    def __init__(self, endpoint: str):
        self.endpoint = endpoint
        self.use(grpc.insecure_channel(endpoint, options=CHANNEL_OPTIONS))

    def use(self, channel) -> None:
        """From now on calls go over this channel."""
        self.channel = channel
        self.kv = rpc_pb2_grpc.KVStub(self.channel)
        self.maintenance = rpc_pb2_grpc.MaintenanceStub(self.channel)
        self.cluster = rpc_pb2_grpc.ClusterStub(self.channel)
        self.lease = rpc_pb2_grpc.LeaseStub(self.channel)
        self.auth = rpc_pb2_grpc.AuthStub(self.channel)

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_) -> None:
        self.channel.close()

    def put(self, key: bytes, value: bytes, timeout: float = 5.0, **more):
        return self.kv.Put(rpc_pb2.PutRequest(key=key, value=value, **more), timeout=timeout)

    def range(self, key: bytes, timeout: float = 5.0, **more):
        return self.kv.Range(rpc_pb2.RangeRequest(key=key, **more), timeout=timeout)

    def put_if(self, key: bytes, value: bytes, mod_revision: int, timeout: float = 5.0):
        """Puts when the key's mod_revision is still that one (0: absent)."""
        compare = rpc_pb2.Compare(
            key=key, target=rpc_pb2.Compare.MOD, result=rpc_pb2.Compare.EQUAL, mod_revision=mod_revision
        )
        put = rpc_pb2.RequestOp(request_put=rpc_pb2.PutRequest(key=key, value=value))
        return self.kv.Txn(rpc_pb2.TxnRequest(compare=[compare], success=[put]), timeout=timeout)

    def status(self, timeout: float = 2.0):
        return self.maintenance.Status(rpc_pb2.StatusRequest(), timeout=timeout)

    def is_leader(self) -> bool:
        try:
            status = self.status(timeout=1.0)
        except grpc.RpcError:
            return False
        return status.leader != 0 and status.leader == status.header.member_id

    def raw(self, method: str, request: bytes, timeout: float = 5.0, metadata=()) -> bytes:
        """A unary call in bytes: for requests that the generated messages cannot say."""
        return self.begin_raw(method, request, timeout, metadata).result()

    def begin_raw(self, method: str, request: bytes, timeout: float = 5.0, metadata=()):
        """The same as a future."""
        return self.channel.unary_unary(method, identity, identity).future(request, timeout=timeout, metadata=metadata)


__all__ = ["Api", "grpc", "kv_pb2", "rpc_pb2"]
