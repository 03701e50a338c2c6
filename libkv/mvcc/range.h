// What a read asks for and what it gives (contract section 2.2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libkv/mvcc/key_value.h"

namespace kv {

/// Values are etcd's, on the wire and in the log.
enum class SortOrder : std::uint8_t { kNone = 0, kAscend = 1, kDescend = 2 };
enum class SortTarget : std::uint8_t { kKey = 0, kVersion = 1, kCreate = 2, kMod = 3, kValue = 4 };

/// A read. `range_end`: empty = exactly `key`; one zero byte = every key from `key` on; else [key,
/// range_end).
struct RangeOp {
  std::string key;
  std::string range_end;
  std::int64_t limit = 0;     ///< <= 0: unlimited
  std::int64_t revision = 0;  ///< <= 0: the newest
  SortOrder sort_order = SortOrder::kNone;
  SortTarget sort_target = SortTarget::kKey;
  bool keys_only = false;
  bool count_only = false;
  std::int64_t min_mod_revision = 0;  ///< inclusive bounds; 0 = no bound
  std::int64_t max_mod_revision = 0;
  std::int64_t min_create_revision = 0;
  std::int64_t max_create_revision = 0;

  bool operator==(const RangeOp&) const = default;
};

struct RangeResult {
  std::vector<KeyValue> kvs;
  bool more = false;
  std::int64_t count = 0;  ///< keys in the range at that revision, whatever limit and filters say

  bool operator==(const RangeResult&) const = default;
};

/// Why the store or the machine refused. A closed set; api/errors maps each to etcd's code and text.
enum class KvError : std::uint8_t {
  kKeyNotFound = 0,  ///< ignore_value or ignore_lease on an absent key
  kLeaseNotFound = 1,
  kCompacted = 2,       ///< the revision asked for was compacted
  kFutureRevision = 3,  ///< the revision asked for does not exist yet
  kNoSpace = 4,         ///< a NOSPACE alarm is on
  kCorrupt = 5,         ///< a CORRUPT alarm is on
  kUnknownCommand = 6,  ///< written by a newer version; applied as nothing on every member
  kMemberExists = 7,
  kPeerUrlExists = 8,   ///< another member has one of the peer URLs
  kMemberNotFound = 9,  ///< unknown, or removed: for ever
  kNotLearner = 10,     ///< only a learner can be promoted
  kTooManyLearners = 11,
  kTooManyMembers = 12,    ///< kMembersMax
  kNotEnoughStarted = 13,  ///< too few members that have started would be left to decide
  kBeingReplaced = 14,     ///< the member to replace is being replaced already
  kLeaseExists = 15,
  kSessionExpired = 40,   ///< whether the write was applied is not known
  kResultForgotten = 41,  ///< the same, of a session that goes on
  kResultTooLarge = 42,   ///< the write was applied before, its result was too large to keep
  kUserEmpty = 50,        ///< a user without a name, or nobody asks while authentication is on
  kUserExists = 51,
  kUserNotFound = 52,
  kRoleEmpty = 53,
  kRoleExists = 54,
  kRoleNotFound = 55,
  kRoleNotGranted = 56,
  kPermissionNotGranted = 57,
  kPermissionNotGiven = 58,
  kPermissionDenied = 59,
  kRootUserMissing = 60,
  kRootRoleMissing = 61,  ///< the user root does not have it
  kAuthNotEnabled = 62,
  kInvalidAuthManagement = 63,  ///< root would lose what it must have; a permission for no keys
  kAuthOldRevision = 64,        ///< users or roles were changed since the caller was authenticated
  kAuthFailed = 65,
  kAuthLimit = 66,  ///< beyond one of AuthLimits
};

}  // namespace kv
