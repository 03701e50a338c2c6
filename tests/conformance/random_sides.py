"""The two servers that random requests go to, over gRPC or over the JSON gateway, and what they answer, made comparable."""

import http.client
import json
from dataclasses import dataclass

from etcd3.etcdrpc import rpc_pb2 as pb
from google.protobuf import json_format, text_format

import places
from api import Api, grpc

PATIENCE = 30 * places.time_scale()


@dataclass(frozen=True)
class Method:
    """One call: its path of gRPC, its path of the gateway (none: 3.4 has none for it), its messages."""

    grpc: str
    gateway: str
    request: type
    response: type


METHODS = {
    m.request: m
    for m in (
        Method("/etcdserverpb.KV/Range", "/kv/range", pb.RangeRequest, pb.RangeResponse),
        Method("/etcdserverpb.KV/Put", "/kv/put", pb.PutRequest, pb.PutResponse),
        Method("/etcdserverpb.KV/DeleteRange", "/kv/deleterange", pb.DeleteRangeRequest, pb.DeleteRangeResponse),
        Method("/etcdserverpb.KV/Txn", "/kv/txn", pb.TxnRequest, pb.TxnResponse),
        Method("/etcdserverpb.KV/Compact", "/kv/compaction", pb.CompactionRequest, pb.CompactionResponse),
        Method("/etcdserverpb.Lease/LeaseGrant", "/lease/grant", pb.LeaseGrantRequest, pb.LeaseGrantResponse),
        Method("/etcdserverpb.Lease/LeaseRevoke", "/lease/revoke", pb.LeaseRevokeRequest, pb.LeaseRevokeResponse),
        Method("/etcdserverpb.Lease/LeaseTimeToLive", "/lease/timetolive", pb.LeaseTimeToLiveRequest,
               pb.LeaseTimeToLiveResponse),
        Method("/etcdserverpb.Lease/LeaseLeases", "/lease/leases", pb.LeaseLeasesRequest, pb.LeaseLeasesResponse),
        Method("/etcdserverpb.Maintenance/HashKV", "", pb.HashKVRequest, pb.HashKVResponse),
    )
}


@dataclass(frozen=True)
class Seen:
    """An answer: `text` is compared; `message` is there when the call went well."""

    text: str
    message: object = None

    @property
    def revision(self) -> int:
        return self.message.header.revision if self.message is not None else 0


def comparable(message) -> None:
    """Takes out of it what is particular to a cluster or to a moment."""
    header = message.header
    for field in ("cluster_id", "member_id", "raft_term"):
        header.ClearField(field)
    if isinstance(message, pb.LeaseTimeToLiveResponse):
        message.keys[:] = sorted(message.keys)
        if message.TTL > 0:
            # Seconds that are left, asked at two moments: within a few of what was granted is right.
            message.TTL = message.grantedTTL if message.grantedTTL - 60 <= message.TTL <= message.grantedTTL else -2
    if isinstance(message, pb.LeaseLeasesResponse):
        ids = sorted(status.ID for status in message.leases)
        message.ClearField("leases")
        message.leases.extend(pb.LeaseStatus(ID=one) for one in ids)


def one_line(message) -> str:
    return text_format.MessageToString(message, as_one_line=True)


class GrpcSide:
    """Calls are begun and finished apart, so that both servers work at once."""

    def __init__(self, server):
        self.server, self.api = server, Api(server.endpoint)

    def close(self) -> None:
        self.api.channel.close()

    def begin(self, request):
        method = METHODS[type(request)]
        call = self.api.channel.unary_unary(method.grpc, type(request).SerializeToString, method.response.FromString)
        return call.future(request, timeout=PATIENCE)

    def begin_raw(self, path: str, request: bytes):
        return self.api.begin_raw(path, request, PATIENCE)

    def finish(self, future) -> Seen:
        try:
            message = future.result()
        except grpc.RpcError as error:
            return Seen(f"{error.code().name}: {error.details()}")
        comparable(message)
        return Seen(one_line(message), message)

    def keep_alive(self, lease: int) -> str:
        call = self.api.lease.LeaseKeepAlive(iter([pb.LeaseKeepAliveRequest(ID=lease)]), timeout=PATIENCE)
        answer = next(call)
        call.cancel()
        comparable(answer)
        return one_line(answer)


class JsonSide:
    """The same over JSON; one connection, kept. `dialect` is a Random of its own: how a request is spelled."""

    def __init__(self, server, prefixes: tuple, dialect):
        self.server, self.prefixes, self.dialect = server, prefixes, dialect
        self.connection = http.client.HTTPConnection("127.0.0.1", server.client_port, timeout=PATIENCE)

    def close(self) -> None:
        self.connection.close()

    def begin(self, request):
        chance = self.dialect.random
        body = json_format.MessageToDict(
            request, preserving_proto_field_name=chance() < 0.7, use_integers_for_enums=chance() < 0.3
        )
        path = self.dialect.choice(self.prefixes) + METHODS[type(request)].gateway
        self.connection.request("POST", path, json.dumps(respelled(body, self.dialect)))
        return METHODS[type(request)].response

    def finish(self, response) -> Seen:
        answer = self.connection.getresponse()
        read = json.loads(answer.read())
        if answer.status != 200:
            return Seen(f"{answer.status} {json.dumps(read, sort_keys=True)}")
        message = json_format.ParseDict(read, response(), ignore_unknown_fields=True)
        comparable(message)
        # How it is written counts as well: names, strings for numbers, what is left out.
        for name in ("cluster_id", "member_id", "raft_term"):
            read.get("header", {}).pop(name, None)
        read.pop("TTL", None)
        for name in ("leases", "keys"):
            if name in read:
                read[name] = sorted(read[name], key=json.dumps)
        return Seen(json.dumps(read, sort_keys=True), message)

    def keep_alive(self, lease: int) -> str:
        self.connection.request("POST", self.prefixes[0] + "/lease/keepalive", json.dumps({"ID": lease}))
        answer = self.connection.getresponse()
        read = json.loads(answer.read().split(b"\n")[0])
        for name in ("cluster_id", "member_id", "raft_term"):
            read["result"]["header"].pop(name, None)
        return json.dumps(read, sort_keys=True)


def respelled(value, dialect):
    """Numbers as strings or as numbers: readers take both."""
    if isinstance(value, dict):
        return {name: respelled(inner, dialect) for name, inner in value.items()}
    if isinstance(value, list):
        return [respelled(inner, dialect) for inner in value]
    is_number = isinstance(value, str) and value.lstrip("-").isdigit() and len(value) % 4 != 0 and abs(int(value)) < 1 << 53
    return int(value) if is_number and dialect.random() < 0.5 else value
