#include "libkv/server/passwords.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <memory>

#include "libraft/base/check.h"

namespace kv {
namespace {

constexpr std::size_t kSaltBytes = 16;

/// Room for one computation (32 KiB), wiped afterwards. Empty when `setting` is not one that crypt(5) knows.
std::string crypt_once(std::string_view password, const char* setting) {
  const auto room = std::make_unique<crypt_data>();
  std::string text(password);  // it ends with a zero
  const char* const hash = crypt_rn(text.c_str(), setting, room.get(), sizeof(crypt_data));
  std::string result = hash == nullptr ? std::string() : std::string(hash);
  OPENSSL_cleanse(text.data(), text.size());
  OPENSSL_cleanse(room.get(), sizeof(crypt_data));
  return result;
}

}  // namespace

bool is_hashable(std::string_view password) {
  return password.size() <= kPasswordBytesMax && password.find('\0') == std::string_view::npos;
}

std::optional<std::string> hash_password(std::string_view password, int cost) {
  RAFT_CHECK(is_hashable(password));
  RAFT_CHECK(cost >= kBcryptCostMin && cost <= kBcryptCostMax);
  std::array<unsigned char, kSaltBytes> chance{};
  if (RAND_bytes(chance.data(), chance.size()) != 1) return std::nullopt;
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$2a$", static_cast<unsigned long>(cost), reinterpret_cast<const char*>(chance.data()),
                       chance.size(), setting, sizeof(setting)) == nullptr) {
    return std::nullopt;
  }
  std::string hash = crypt_once(password, setting);
  if (hash.empty()) return std::nullopt;
  return hash;
}

bool is_password(std::string_view password, const std::string& hash) {
  if (hash.empty() || !is_hashable(password)) return false;
  const std::string found = crypt_once(password, hash.c_str());
  return found.size() == hash.size() && CRYPTO_memcmp(found.data(), hash.data(), hash.size()) == 0;
}

}  // namespace kv
