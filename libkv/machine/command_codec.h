// The numbers of the command encoding (FORMAT.md), shared by its writer and its reader.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kv::codec {

/// The first byte of every command. A reader refuses any other: a changed layout is a new version.
inline constexpr std::uint8_t kVersion = 1;

/// The second byte of every command. Never renumbered; a changed meaning is a new kind.
enum class Kind : std::uint8_t {
  kPut = 1,
  kDeleteRange = 2,
  kTxn = 3,
  kCompact = 4,
  kPublishMember = 5,
  kAddMember = 6,
  kRemoveMember = 7,
  kUpdateMember = 8,
  kPromoteMember = 9,
  kLeaseGrant = 10,
  kLeaseRevoke = 11,
  kLeaseExpire = 12,
  kLeaseCheckpoint = 13,
  kAlarm = 20,
  kRaiseVersion = 30,
  kInSession = 40,
  kAsUser = 41,
  kAuthEnable = 50,
  kAuthDisable = 51,
  kUserAdd = 52,
  kUserDelete = 53,
  kUserChangePassword = 54,
  kUserGrantRole = 55,
  kUserRevokeRole = 56,
  kRoleAdd = 57,
  kRoleDelete = 58,
  kRoleGrantPermission = 59,
  kRoleRevokePermission = 60,
  kAuthenticate = 61,
};

/// The first byte of every step of a Txn. Never renumbered.
enum class OpKind : std::uint8_t { kRange = 1, kPut = 2, kDeleteRange = 3, kTxn = 4 };

/// Bits of the flag byte of a put and a delete.
inline constexpr std::uint8_t kPrevKv = 1U << 0U;
inline constexpr std::uint8_t kIgnoreValue = 1U << 1U;
inline constexpr std::uint8_t kIgnoreLease = 1U << 2U;
/// Of a member that is added.
inline constexpr std::uint8_t kLearner = 1U << 0U;
inline constexpr std::uint8_t kPromoteWhenCaughtUp = 1U << 1U;
inline constexpr std::uint8_t kReplaces = 1U << 2U;
/// Of an alarm.
inline constexpr std::uint8_t kDeactivate = 1U << 0U;
inline constexpr std::uint8_t kAutomatic = 1U << 1U;
/// Of a user.
inline constexpr std::uint8_t kNoPassword = 1U << 0U;
/// Of a range.
inline constexpr std::uint8_t kKeysOnly = 1U << 0U;
inline constexpr std::uint8_t kCountOnly = 1U << 1U;

/// Signed numbers travel as varints with the sign in the lowest bit, so that small ones of either sign are
/// short.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ (value < 0 ? ~0ULL : 0ULL);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1U) ^ ((value & 1U) != 0 ? ~0ULL : 0ULL));
}

}  // namespace kv::codec
