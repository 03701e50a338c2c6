#include "libkv/server/desks.h"

#include <gtest/gtest.h>

#include <string>

namespace kv {
namespace {

/// Writes down what it hears.
class Ear final : public Desk {
 public:
  Ear(std::string name, std::string& heard) : name_(std::move(name)), heard_(heard) {}

  void installed() override { heard_ += name_ + " installed, "; }
  void received(raft::NodeId from, const Note& note) override {
    heard_ += name_ + (note.answer ? " answered " : " told ") + std::string(note.body) + " by " +
              std::to_string(from.value()) + ", ";
  }
  void closed() override { heard_ += name_ + " closed, "; }

 private:
  const std::string name_;
  std::string& heard_;
};

class DesksTest : public ::testing::Test {
 protected:
  DesksTest() {
    desks_.add(first_, {NoteKind::kVersion, NoteKind::kPoints});
    desks_.add(second_, {NoteKind::kPromotion});
  }
  void receive(const std::string& bytes) { desks_.received(raft::NodeId(7), bytes); }

  std::string heard_;
  Ear first_{"first", heard_};
  Ear second_{"second", heard_};
  Desks desks_;
};

TEST_F(DesksTest, TheyHearInTheOrderInWhichTheyWereAdded) {
  desks_.installed();
  desks_.closed();
  EXPECT_EQ(heard_, "first installed, second installed, first closed, second closed, ");
}

TEST_F(DesksTest, ANoteIsHeardByTheDeskOfItsKindOnly) {
  receive("\x01\x04word");
  receive("\x01\x85word");
  receive(std::string("\x01\x03", 2));
  EXPECT_EQ(heard_, "second told word by 7, first answered word by 7, first told  by 7, ");
}

TEST_F(DesksTest, OtherKindsAndVersionsAndBytesThatAreNoNoteAreIgnored) {
  receive("");
  receive("\x01");
  receive("\x02\x04of another version");
  receive("\x01\x01of a desk that is not there");
  for (int kind = 6; kind < 128; ++kind)
    receive(std::string("\x01") + static_cast<char>(kind) + "of a newer member");
  receive(std::string("\x01\xff", 2));
  receive(std::string("\x01\x00", 2));
  EXPECT_EQ(heard_, "");
}

}  // namespace
}  // namespace kv
