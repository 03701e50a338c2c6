#include "libkv/snapshot/digest.h"

#include <openssl/evp.h>

#include "libkv/snapshot/format.h"
#include "libraft/base/check.h"

namespace kv {

class Digest::Impl {
 public:
  Impl() = default;

  struct Free {
    void operator()(EVP_MD_CTX* done) const { EVP_MD_CTX_free(done); }
  };
  const std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Digest::Digest() : impl_(std::make_unique<Impl>()) {
  RAFT_CHECK(impl_->context != nullptr);
  RAFT_CHECK(EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr) == 1);
}

Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
  RAFT_CHECK(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) == 1);
}

std::string Digest::value() const {
  const Impl copy;
  RAFT_CHECK(EVP_MD_CTX_copy_ex(copy.context.get(), impl_->context.get()) == 1);
  std::string digest(kDigestBytes, '\0');
  unsigned int size = 0;
  RAFT_CHECK(EVP_DigestFinal_ex(copy.context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) ==
             1);
  RAFT_CHECK(size == kDigestBytes);
  return digest;
}

}  // namespace kv
