#include "libraft/node/outbox.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

Send send_after(std::uint64_t after, std::uint64_t term) {
  return {NodeId(2), TimeoutNow{Term(term)}, after};
}

std::vector<std::uint64_t> terms(const Mail& mail) {
  std::vector<std::uint64_t> found;
  for (const auto& [to, messages] : mail) {
    for (const Message& message : messages) found.push_back(term_of(message).value());
  }
  return found;
}

TEST(Outbox, LetsGoAtOnceWhatWaitsForNothing) {
  Outbox outbox;
  Mail mail;
  outbox.add({send_after(0, 1)}, mail);
  EXPECT_EQ(terms(mail), (std::vector<std::uint64_t>{1}));
}

TEST(Outbox, HoldsAMessageUntilItsWriteIsDurable) {
  Outbox outbox;
  Mail mail;
  outbox.add({send_after(2, 7), send_after(3, 8)}, mail);
  EXPECT_TRUE(mail.empty());
  outbox.release(1, mail);
  EXPECT_TRUE(mail.empty());
  outbox.release(2, mail);
  EXPECT_EQ(terms(mail), (std::vector<std::uint64_t>{7}));
  EXPECT_EQ(outbox.size(), 1U);
}

TEST(Outbox, KeepsTheOrderOfMessagesThatWaitForTheSameWrite) {
  Outbox outbox;
  Mail mail;
  outbox.add({send_after(4, 1), send_after(4, 2), send_after(4, 3)}, mail);
  outbox.release(9, mail);
  EXPECT_EQ(terms(mail), (std::vector<std::uint64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace raft
