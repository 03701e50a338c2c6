#include "libkv/machine/command.h"

#include <gtest/gtest.h>

#include <limits>

#include "libraft/base/random.h"

namespace kv {
namespace {

using raft::ErrorCode;
using raft::NodeId;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 0xfU];
  }
  return out;
}

TxnOp sample_txn() {
  TxnOp inner;
  inner.success.push_back({DeleteRangeOp{.key = "d", .range_end = std::string(1, '\0'), .prev_kv = true}});
  TxnOp txn;
  txn.compares.push_back({.result = Compare::Result::kGreater,
                          .target = Compare::Target::kValue,
                          .key = "k",
                          .range_end = "l",
                          .number = -5,
                          .value = "v"});
  txn.compares.push_back({.result = static_cast<Compare::Result>(77),
                          .target = static_cast<Compare::Target>(99),
                          .key = "odd",
                          .range_end = "",
                          .value = ""});
  txn.success.push_back({RangeOp{.key = "a",
                                 .range_end = "b",
                                 .limit = -1,
                                 .revision = 1LL << 60,
                                 .sort_order = SortOrder::kDescend,
                                 .sort_target = SortTarget::kValue,
                                 .keys_only = true,
                                 .min_mod_revision = 1,
                                 .max_mod_revision = 2,
                                 .min_create_revision = 3,
                                 .max_create_revision = 4}});
  txn.success.push_back({inner});
  txn.failure.push_back(
      {PutOp{.key = "p", .value = std::string(300, 'x'), .lease = -7, .ignore_lease = true}});
  return txn;
}

std::vector<Operation> samples() {
  return {PutOp{.key = "key", .value = "value", .lease = 9, .prev_kv = true},
          PutOp{.key = "key",
                .value = "",
                .lease = std::numeric_limits<std::int64_t>::min(),
                .ignore_value = true,
                .ignore_lease = true},
          DeleteRangeOp{.key = "a", .range_end = "b", .prev_kv = false},
          sample_txn(),
          CompactOp{.revision = 12},
          PublishMemberOp{.member = NodeId(~0ULL), .name = "n1", .client_urls = {"http://a:1", "http://b:2"}},
          AddMemberOp{.member = {.id = NodeId(6), .peer_urls = {"http://p:1"}}, .learners_max = 3},
          AddMemberOp{.member = {.id = NodeId(6),
                                 .name = "n",
                                 .peer_urls = {"http://p:1", "http://p:2"},
                                 .client_urls = {"http://c:1"},
                                 .learner = true,
                                 .promote_when_caught_up = true,
                                 .replaces = NodeId(5)}},
          RemoveMemberOp{.member = NodeId(6)},
          UpdateMemberOp{.member = NodeId(6), .peer_urls = {"http://p:3"}},
          PromoteMemberOp{.member = NodeId(6)},
          LeaseGrantOp{.lease = -1, .ttl = 9000000000},
          LeaseRevokeOp{.lease = 77},
          LeaseExpireOp{.lease = 77, .term = raft::Term(5)},
          LeaseCheckpointOp{.term = raft::Term(5), .leases = {{1, 0}, {-2, 300}}},
          AlarmOp{.alarm = {.member = NodeId(6), .type = AlarmType::kCorrupt}},
          AlarmOp{.deactivate = true,
                  .alarm = {.member = NodeId(7), .type = AlarmType::kNoSpace, .automatic = true}},
          RaiseVersionOp{.version = 3, .members = {NodeId(6), NodeId(~0ULL)}},
          AuthEnableOp{},
          AuthDisableOp{},
          UserAddOp{.name = "alice", .password_hash = "$2a$10$hash", .no_password = false},
          UserAddOp{.name = std::string("\0", 1), .password_hash = "", .no_password = true},
          UserDeleteOp{.name = "alice"},
          UserChangePasswordOp{.name = "alice", .password_hash = "$2a$10$hash"},
          UserGrantRoleOp{.user = "alice", .role = "admin"},
          UserRevokeRoleOp{.user = "alice", .role = "admin"},
          RoleAddOp{.name = "admin"},
          RoleDeleteOp{.name = "admin"},
          RoleGrantPermissionOp{.role = "admin", .permission = {PermissionType::kReadWrite, "a", "b"}},
          RoleRevokePermissionOp{.role = "admin", .key = "a", .range_end = std::string("\0", 1)},
          AuthenticateOp{.user = "alice", .token_digest = {1, 2, 255}, .revision = ~0ULL}};
}

TxnOp nest(std::size_t depth) {
  TxnOp txn;
  for (std::size_t i = 1; i < depth; ++i) {
    TxnOp outer;
    outer.success.push_back({std::move(txn)});
    txn = std::move(outer);
  }
  return txn;
}

TEST(Command, DecodesWhatWasEncoded) {
  for (const Operation& operation : samples()) {
    auto decoded = decode_command(encode_command(NodeId(3), 42, operation));
    ASSERT_TRUE(decoded) << decoded.error().text();
    EXPECT_EQ(*decoded, (Command{NodeId(3), 42, operation}));
  }
}

TEST(Command, TheWorkedExampleOfTheFormatIsTrue) {
  const PutOp put{.key = "foo", .value = "bar", .lease = 5, .prev_kv = true};
  EXPECT_EQ(hex(encode_command(NodeId(0x0102), 7, put)),
            "01"
            "01"
            "0201000000000000"
            "0700000000000000"
            "01"
            "0a"
            "03666f6f"
            "03626172");
}

TEST(Command, TheWorkedTransactionOfTheFormatIsTrue) {
  TxnOp txn;
  txn.compares.push_back({.target = Compare::Target::kMod, .key = "c", .range_end = "", .value = ""});
  txn.success.push_back({PutOp{.key = "c", .value = "1"}});
  txn.failure.push_back({RangeOp{.key = "c", .range_end = ""}});
  EXPECT_EQ(hex(encode_command(NodeId(1), 2, txn)),
            "0103"
            "0100000000000000"
            "0200000000000000"
            "01"
            "0002"
            "0163"
            "00"
            "00"
            "00"
            "01"
            "02"
            "0000"
            "0163"
            "0131"
            "01"
            "01"
            "0163"
            "00"
            "0000"
            "0000"
            "00"
            "00000000");
}

TEST(Command, AnUnknownVersionIsAMismatch) {
  std::string bytes = encode_command(NodeId(1), 1, CompactOp{.revision = 1});
  bytes[0] = 2;
  auto decoded = decode_command(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kMismatch);
  EXPECT_FALSE(peek_header(bytes));
}

TEST(Command, AnUnknownKindIsAMismatchWhoseHeaderIsReadable) {
  std::string bytes = encode_command(NodeId(8), 9, CompactOp{.revision = 1});
  bytes[1] = 100;
  auto decoded = decode_command(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kMismatch);
  ASSERT_TRUE(peek_header(bytes));
  EXPECT_EQ(peek_header(bytes)->origin, NodeId(8));
  EXPECT_EQ(peek_header(bytes)->sequence, 9U);
}

TEST(Command, EveryTruncationAndEveryTrailingByteIsRefused) {
  for (const Operation& operation : samples()) {
    const std::string bytes = encode_command(NodeId(1), 2, operation);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(decode_command(bytes.substr(0, length))) << describe(operation) << " cut at " << length;
    }
    auto trailing = decode_command(bytes + '\0');
    ASSERT_FALSE(trailing);
    EXPECT_EQ(trailing.error().code, ErrorCode::kCorruption);
  }
}

TEST(Command, NestingIsBounded) {
  EXPECT_TRUE(decode_command(encode_command(NodeId(1), 1, nest(kTxnDepthMax))));
  auto deeper = decode_command(encode_command(NodeId(1), 1, nest(kTxnDepthMax + 1)));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, ErrorCode::kLimit);
}

TEST(Command, ACountBeyondTheInputIsRefused) {
  std::string bytes = encode_command(NodeId(1), 1, TxnOp{});
  bytes.resize(bytes.size() - 3);
  bytes += "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  auto decoded = decode_command(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kCorruption);
}

TEST(Command, MutatedBytesNeverDoMoreThanFail) {
  raft::Random random(7);
  for (int round = 0; round < 20000; ++round) {
    const auto all = samples();
    std::string bytes = encode_command(NodeId(1), 2, all[random.below(all.size())]);
    for (std::uint64_t i = 0; i <= random.below(4); ++i) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    if (auto decoded = decode_command(bytes)) {
      EXPECT_EQ(*decode_command(encode_command(decoded->origin, decoded->sequence, decoded->operation)),
                *decoded);
    }
  }
}

TEST(Command, ASessionGoesAroundWhatClientsWriteAndNothingElse) {
  const SessionTag tag{.session = {.birth = 5, .nonce = 6}, .sequence = 300, .acknowledged = 299};
  for (const Operation& operation : samples()) {
    if (!is_repeatable(operation)) continue;
    const std::string bytes = encode_command(NodeId(1), 2, operation, tag);
    const auto command = decode_command(bytes);
    ASSERT_TRUE(command) << command.error().text();
    EXPECT_EQ(command->operation, operation);
    EXPECT_EQ(command->session, tag);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_command(std::string_view(bytes).substr(0, size))) << size;
    }
  }
  std::string bytes = encode_command(NodeId(1), 2, LeaseRevokeOp{1}, tag);
  const std::size_t kind = 18 + 8 + 8 + 2 + 2;
  bytes[kind] = 7;  // remove member, of eight bytes
  EXPECT_EQ(decode_command(bytes + std::string(7, '\0')).error().code, ErrorCode::kMismatch);
  bytes[kind] = 40;
  EXPECT_EQ(decode_command(bytes).error().code, ErrorCode::kMismatch);
}

TEST(Command, ASequenceThatIsAcknowledgedAlreadyIsMalformed) {
  for (const auto& [sequence, acknowledged] : {std::pair{0U, 0U}, {1U, 1U}, {1U, 2U}}) {
    const SessionTag tag{.session = {}, .sequence = sequence, .acknowledged = acknowledged};
    EXPECT_FALSE(decode_command(encode_command(NodeId(1), 2, CompactOp{1}, tag)));
  }
}

TEST(Command, TheWorkedSessionOfTheFormatIsTrue) {
  const SessionTag tag{
      .session = {.birth = 5, .nonce = 0x0807060504030201}, .sequence = 3, .acknowledged = 2};
  EXPECT_EQ(hex(encode_command(NodeId(1), 9, CompactOp{.revision = 4}, tag)),
            "0128"
            "0100000000000000"
            "0900000000000000"
            "0500000000000000"
            "0102030405060708"
            "0302"
            "04"
            "08");
}

const Principal kAlice{.user = "alice", .revision = 300};

TEST(Command, AUserGoesAroundAnyCommandAndItsSession) {
  const SessionTag tag{.session = {.birth = 5, .nonce = 6}, .sequence = 2, .acknowledged = 1};
  for (const Operation& operation : samples()) {
    for (const bool in_session : {false, true}) {
      if (in_session && !is_repeatable(operation)) continue;
      const auto session = in_session ? std::optional(tag) : std::nullopt;
      const std::string bytes = encode_command(NodeId(1), 2, operation, session, kAlice);
      const auto command = decode_command(bytes);
      ASSERT_TRUE(command) << command.error().text();
      EXPECT_EQ(*command, (Command{NodeId(1), 2, operation, session, kAlice}));
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(decode_command(std::string_view(bytes).substr(0, size))) << size;
      }
    }
  }
}

TEST(Command, NoUserGoesAroundAnother) {
  std::string bytes = encode_command(NodeId(1), 2, CompactOp{1}, std::nullopt, kAlice);
  const std::size_t kind = 18 + 6 + 2;
  ASSERT_EQ(bytes[kind], 4);
  bytes[kind] = 41;
  EXPECT_EQ(decode_command(bytes).error().code, ErrorCode::kMismatch);
}

TEST(Command, APermissionOfAnUnknownTypeIsOfANewerVersion) {
  std::string bytes = encode_command(
      NodeId(1), 2, RoleGrantPermissionOp{.role = "r", .permission = {PermissionType::kRead, "a", ""}});
  bytes[18 + 2] = 3;
  EXPECT_EQ(decode_command(bytes).error().code, ErrorCode::kMismatch);
}

TEST(Command, TheWorkedUserOfTheFormatIsTrue) {
  EXPECT_EQ(hex(encode_command(NodeId(1), 9, PutOp{.key = "a", .value = "1"}, std::nullopt, kAlice)),
            "0129"
            "0100000000000000"
            "0900000000000000"
            "05616c696365"
            "ac02"
            "01"
            "0000"
            "0161"
            "0131");
  EXPECT_EQ(hex(encode_command(
                NodeId(1), 10,
                RoleGrantPermissionOp{.role = "r", .permission = {PermissionType::kReadWrite, "a", "b"}})),
            "013b"
            "0100000000000000"
            "0a00000000000000"
            "0172"
            "02"
            "0161"
            "0162");
}

TEST(Command, TheBytesOfAuthCommandsAreFixed) {
  const auto body = [](const Operation& operation) {
    return hex(encode_command(NodeId(1), 2, operation).substr(18));
  };
  EXPECT_EQ(body(AuthEnableOp{}), "");
  EXPECT_EQ(body(AuthDisableOp{}), "");
  EXPECT_EQ(body(UserAddOp{.name = "u", .password_hash = "h"}), "0001750168");
  EXPECT_EQ(body(UserAddOp{.name = "u", .no_password = true}), "01017500");
  EXPECT_EQ(body(UserDeleteOp{"u"}), "0175");
  EXPECT_EQ(body(UserChangePasswordOp{.name = "u", .password_hash = "h"}), "01750168");
  EXPECT_EQ(body(UserGrantRoleOp{.user = "u", .role = "r"}), "01750172");
  EXPECT_EQ(body(UserRevokeRoleOp{.user = "u", .role = "r"}), "01750172");
  EXPECT_EQ(body(RoleAddOp{"r"}), "0172");
  EXPECT_EQ(body(RoleDeleteOp{"r"}), "0172");
  EXPECT_EQ(body(RoleRevokePermissionOp{.role = "r", .key = "a", .range_end = "b"}), "017201610162");
  EXPECT_EQ(body(AuthenticateOp{.user = "u", .token_digest = {0xab}, .revision = 300}),
            "0175ab" + std::string(62, '0') + "ac02");
}

TEST(Command, DescriptionNeverShowsAHashOrADigest) {
  for (const Operation& operation : samples()) {
    EXPECT_EQ(describe(operation).find("hash"), std::string::npos) << describe(operation);
  }
  EXPECT_EQ(describe(UserAddOp{.name = "alice", .password_hash = "$2a$", .no_password = true}),
            "user_add user=\"alice\" no_password");
  EXPECT_EQ(describe(UserChangePasswordOp{.name = "alice", .password_hash = "$2a$"}),
            "user_change_password user=\"alice\"");
  EXPECT_EQ(describe(AuthenticateOp{.user = "alice", .token_digest = {0xab}, .revision = 3}),
            "authenticate user=\"alice\" revision=3");
  EXPECT_EQ(describe(RoleGrantPermissionOp{.role = "r", .permission = {PermissionType::kWrite, "a", "b"}}),
            "role_grant_permission role=\"r\" WRITE key=\"a\" range_end=\"b\"");
}

TEST(Command, DescriptionNamesKeysAndHidesValues) {
  EXPECT_EQ(describe(PutOp{.key = std::string("a\0\"", 3), .value = "secret", .lease = 4}),
            "put key=\"a\\x00\\x22\" value_bytes=6 lease=4");
  EXPECT_EQ(describe(DeleteRangeOp{.key = "a", .range_end = "b"}), "delete_range key=\"a\" range_end=\"b\"");
  EXPECT_EQ(describe(CompactOp{.revision = 3}), "compact revision=3");
  EXPECT_EQ(describe(sample_txn()),
            "txn compares=2 if=\"k\" if=\"odd\" then=[range key=\"a\" range_end=\"b\" "
            "revision=1152921504606846976; "
            "txn] else=[put key=\"p\" value_bytes=300 lease=-7]");
  EXPECT_EQ(describe(PublishMemberOp{.member = NodeId(5), .name = "n", .client_urls = {}}),
            "publish_member member=5 name=\"n\"");
}

TEST(Command, TheBytesOfLeaseCommandsAreFixed) {
  const auto body = [](const Operation& operation) {
    return hex(encode_command(NodeId(1), 2, operation).substr(18));
  };
  EXPECT_EQ(body(LeaseGrantOp{.lease = 7, .ttl = 60}), "0e78");
  EXPECT_EQ(body(LeaseRevokeOp{.lease = 7}), "0e");
  EXPECT_EQ(body(LeaseExpireOp{.lease = 7, .term = raft::Term(5)}), "0e0500000000000000");
  EXPECT_EQ(body(LeaseCheckpointOp{.term = raft::Term(5), .leases = {{7, 60}}}), "0500000000000000010e78");
}

TEST(Command, DescriptionOfAMemberChangeNamesTheMember) {
  const MemberInfo member{.id = NodeId(6),
                          .peer_urls = {"http://p:1"},
                          .learner = true,
                          .promote_when_caught_up = true,
                          .replaces = NodeId(5)};
  EXPECT_EQ(describe(AddMemberOp{.member = member}),
            "add_member member=6 peer_url=\"http://p:1\" learner promote_when_caught_up replaces=5");
  EXPECT_EQ(describe(RemoveMemberOp{NodeId(6)}), "remove_member member=6");
  EXPECT_EQ(describe(UpdateMemberOp{NodeId(6), {"http://p:2"}}),
            "update_member member=6 peer_url=\"http://p:2\"");
  EXPECT_EQ(describe(PromoteMemberOp{NodeId(6)}), "promote_member member=6");
  EXPECT_EQ(describe(AlarmOp{.alarm = {.member = NodeId(6)}}), "alarm member=6 type=NOSPACE");
}

TEST(Command, TheBytesOfAMemberChangeAreFixed) {
  const AddMemberOp op{
      .member = {.id = NodeId(6), .peer_urls = {"u"}, .learner = true, .replaces = NodeId(5)}};
  EXPECT_EQ(hex(encode_command(NodeId(1), 2, op)).substr(36),
            "05"
            "0600000000000000"
            "0500000000000000"
            "01000000"
            "00"
            "010175"
            "00");
}

}  // namespace
}  // namespace kv
