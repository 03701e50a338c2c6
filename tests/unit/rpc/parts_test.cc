#include <gtest/gtest.h>

#include <vector>

#include "libkv/rpc/client_status.h"
#include "libkv/rpc/flood_guard.h"
#include "libkv/rpc/grpc_frame.h"
#include "libkv/rpc/gzip.h"
#include "libkv/rpc/keepalive.h"
#include "libkv/rpc/percent.h"
#include "libkv/rpc/registry.h"
#include "libkv/rpc/send_queue.h"
#include "libkv/rpc/timeout.h"
#include "libkv/rpc/timer_wheel.h"

namespace kv::rpc {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Timeout, ReadsEveryUnit) {
  EXPECT_EQ(parse_timeout("2H"), nanoseconds(hours(2)));
  EXPECT_EQ(parse_timeout("3M"), nanoseconds(seconds(180)));
  EXPECT_EQ(parse_timeout("5S"), nanoseconds(seconds(5)));
  EXPECT_EQ(parse_timeout("00000007m"), nanoseconds(milliseconds(7)));
  EXPECT_EQ(parse_timeout("8u"), nanoseconds(8000));
  EXPECT_EQ(parse_timeout("0n"), nanoseconds(0));
  EXPECT_EQ(parse_timeout("99999999H"), nanoseconds(kTimeoutMax));
}

TEST(Timeout, RefusesWhatIsMalformed) {
  for (const char* text : {"", "S", "5", "5s", "-5S", "+5S", " 5S", "5 S", "123456789S", "5.0S", "5SS"}) {
    EXPECT_FALSE(parse_timeout(text)) << text;
  }
}

TEST(Timeout, IsWrittenInEightDigits) {
  EXPECT_EQ(format_timeout(milliseconds(-1)), "0m");
  EXPECT_EQ(format_timeout(milliseconds(99999999)), "99999999m");
  EXPECT_EQ(format_timeout(milliseconds(100000001)), "100001S");
  EXPECT_TRUE(parse_timeout(format_timeout(milliseconds::max())));
}

TEST(Percent, EncodesWhatHeadersCannotCarry) {
  EXPECT_EQ(percent_encode("plain text"), "plain text");
  EXPECT_EQ(percent_encode("100%\nä\x7f"), "100%25%0A%C3%A4%7F");
  EXPECT_EQ(percent_decode("100%25%0a%C3%A4%7F"), "100%\nä\x7f");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%2"), "%2");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
}

std::string framed(std::string_view message) {
  const auto prefix = frame_prefix(message.size());
  return std::string(prefix.data(), prefix.size()).append(message);
}

TEST(FrameReader, FindsMessagesHoweverTheyAreCut) {
  const std::vector<std::string> messages{"", "a", std::string(300, 'b'), "", "cc"};
  std::string stream;
  for (const auto& message : messages) stream += framed(message);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    FrameReader reader(1000);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      std::string_view input = std::string_view(stream).substr(at, piece);
      while (true) {
        const auto frame = reader.next(input);
        if (frame.kind != FrameReader::Kind::kMessage) break;
        found.emplace_back(frame.message);
      }
      EXPECT_TRUE(input.empty());
    }
    EXPECT_EQ(found, messages) << piece;
    EXPECT_TRUE(reader.at_boundary());
  }
}

TEST(FrameReader, RefusesBeforeItStores) {
  FrameReader reader(10);
  std::string_view large("\0\0\0\0\x0bxxxx", 9);
  EXPECT_EQ(reader.next(large).kind, FrameReader::Kind::kTooLarge);
  FrameReader flags(10);
  std::string_view flag("\x02\0\0\0\0", 5);
  EXPECT_EQ(flags.next(flag).kind, FrameReader::Kind::kBadFlag);
}

TEST(Gzip, UnpacksWithinItsLimit) {
  const std::string text(100000, 'z');
  const std::string packed = gzip(text);
  EXPECT_EQ(gunzip(packed, 100000).bytes, text);
  EXPECT_EQ(gunzip(packed, 99999).outcome, Inflated::Outcome::kTooLarge);
  EXPECT_EQ(gunzip(packed.substr(0, packed.size() - 1), 100000).outcome, Inflated::Outcome::kBroken);
  EXPECT_EQ(gunzip(packed + "x", 100000).outcome, Inflated::Outcome::kBroken);
  EXPECT_EQ(gunzip("not gzip", 100).outcome, Inflated::Outcome::kBroken);
  EXPECT_EQ(gunzip("", 100).outcome, Inflated::Outcome::kBroken);
  EXPECT_EQ(gunzip(gzip(""), 0).outcome, Inflated::Outcome::kOk);
}

TEST(SendQueue, GivesPiecesOfAnySize) {
  std::string whole;
  for (std::size_t piece = 1; piece < 40; ++piece) {
    SendQueue queue;
    queue.push_message("first");
    queue.push_message("");
    queue.push_raw("raw");
    queue.push_message(std::string(20, 's'));
    whole = framed("first") + framed("") + "raw" + framed(std::string(20, 's'));
    std::string out;
    EXPECT_EQ(queue.size(), whole.size());
    while (queue.size() > 0) queue.take(std::min(piece, queue.size()), out);
    EXPECT_EQ(out, whole) << piece;
  }
}

TEST(SendQueue, ForgetsWhatWasTakenWhileItIsNeverEmpty) {
  SendQueue queue;
  std::string out;
  queue.push_raw("ab");
  for (int i = 0; i < 1000; ++i) {
    queue.push_raw("ab");
    queue.take(2, out);
  }
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(out.size(), 2000U);
}

TEST(TimerWheel, FiresWhatIsDueAndNothingElse) {
  TimerWheel wheel;
  const auto start = TimerWheel::Clock::now();
  std::vector<int> fired;
  CallbackTimer soon([&] { fired.push_back(1); });
  CallbackTimer later([&] { fired.push_back(2); });
  CallbackTimer never([&] { fired.push_back(3); });
  EXPECT_FALSE(wheel.next_wake());
  wheel.arm(soon, start + milliseconds(10));
  wheel.arm(later, start + TimerWheel::kTick * static_cast<int>(TimerWheel::kSlots) +
                       milliseconds(10));  // same slot
  wheel.arm(never, start + milliseconds(10));
  never.disarm();
  wheel.expire(start + milliseconds(9));
  EXPECT_TRUE(fired.empty());
  ASSERT_TRUE(wheel.next_wake());
  EXPECT_LE(*wheel.next_wake(), start + milliseconds(10) + TimerWheel::kTick);
  wheel.expire(start + milliseconds(14));
  EXPECT_EQ(fired, std::vector<int>{1});
  wheel.expire(start + seconds(60));
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
  EXPECT_FALSE(wheel.next_wake());
}

TEST(TimerWheel, LetsTimersRearmThemselvesAndDisarmOthers) {
  TimerWheel wheel;
  const auto start = TimerWheel::Clock::now();
  int fired = 0;
  CallbackTimer other([&] { ADD_FAILURE(); });
  CallbackTimer self([&] {
    ++fired;
    other.disarm();
    wheel.arm(self, start + seconds(fired == 1 ? 1 : 100));
  });
  wheel.arm(self, start + milliseconds(5));
  wheel.arm(other, start + milliseconds(5));
  wheel.expire(start + milliseconds(20));
  EXPECT_EQ(fired, 1);
  EXPECT_TRUE(self.armed());
  wheel.expire(start + seconds(2));
  EXPECT_EQ(fired, 2);
}

TEST(PingGuard, StrikesThreeTimesUnlessAnswersAreSent) {
  const PingGuard::Clock::time_point start{};
  PingGuard guard(seconds(5));
  EXPECT_TRUE(guard.allow(start, true));
  EXPECT_TRUE(guard.allow(start + seconds(5), true));  // slow enough
  EXPECT_TRUE(guard.allow(start + seconds(6), true));  // first strike
  EXPECT_TRUE(guard.allow(start + seconds(7), true));  // second
  guard.sent_answer();
  EXPECT_TRUE(guard.allow(start + seconds(7), true));
  EXPECT_TRUE(guard.allow(start + seconds(7), true));
  EXPECT_TRUE(guard.allow(start + seconds(7), true));
  EXPECT_FALSE(guard.allow(start + seconds(7), true));
}

TEST(PingGuard, IsStricterWithoutCalls) {
  const PingGuard::Clock::time_point start{};
  PingGuard guard(seconds(5));
  EXPECT_TRUE(guard.allow(start, false));
  EXPECT_TRUE(guard.allow(start + seconds(60), false));
  EXPECT_TRUE(guard.allow(start + seconds(120), false));
  EXPECT_FALSE(guard.allow(start + seconds(180), false));
}

TEST(Keepalive, PingsTheSilentAndDropsTheDead) {
  const Keepalive::Clock::time_point start{};
  Keepalive keepalive(seconds(10), seconds(3), start);
  EXPECT_EQ(keepalive.check(start).action, Keepalive::Action::kWait);
  EXPECT_EQ(keepalive.check(start + seconds(10)).action, Keepalive::Action::kPing);
  EXPECT_EQ(keepalive.check(start + seconds(12)).action, Keepalive::Action::kWait);
  keepalive.heard(start + seconds(12));
  EXPECT_EQ(keepalive.check(start + seconds(13)).action, Keepalive::Action::kWait);
  EXPECT_EQ(keepalive.check(start + seconds(22)).action, Keepalive::Action::kPing);
  EXPECT_EQ(keepalive.check(start + seconds(25)).action, Keepalive::Action::kDrop);
}

TEST(FloodGuard, AllowsABurstAndThenARate) {
  const FloodGuard::Clock::time_point start{};
  FloodGuard guard(3, 1);
  EXPECT_TRUE(guard.allow(start));
  EXPECT_TRUE(guard.allow(start));
  EXPECT_TRUE(guard.allow(start));
  EXPECT_FALSE(guard.allow(start));
  EXPECT_TRUE(guard.allow(start + seconds(1)));
  EXPECT_FALSE(guard.allow(start + seconds(1)));
}

TEST(Registry, SaysWhatIsUnknown) {
  Registry registry;
  registry.add({"/a.B/C", [](const CallPtr&, std::string_view) {}, {}});
  EXPECT_NE(registry.find("/a.B/C"), nullptr);
  EXPECT_EQ(registry.find("/a.B/D"), nullptr);
  EXPECT_EQ(registry.unknown("/a.B/D").message, "unknown method D for service a.B");
  EXPECT_EQ(registry.unknown("/x/D").message, "unknown service x");
  EXPECT_EQ(registry.unknown("nothing").message, "malformed method name: \"nothing\"");
}

TEST(ClientStatus, TranslatesWhatIsNotGrpc) {
  EXPECT_EQ(status_of_http("503"), (Status{Code::kUnavailable,
                                           "unexpected HTTP status code received from server: 503 (Service "
                                           "Unavailable)"}));
  EXPECT_EQ(status_of_http("404").code, Code::kUnimplemented);
  EXPECT_EQ(status_of_http("nonsense").code, Code::kUnknown);
  EXPECT_EQ(status_of_reset(8).code, Code::kCancelled);
  EXPECT_EQ(status_of_reset(7).code, Code::kUnavailable);
  EXPECT_EQ(parse_code("14"), Code::kUnavailable);
  EXPECT_EQ(parse_code("17"), Code::kUnknown);
  EXPECT_EQ(parse_code("x"), Code::kUnknown);
}

TEST(Code, HasItsNameInGrpcsSpelling) {
  EXPECT_EQ(name(Code::kOk), "OK");
  EXPECT_EQ(name(Code::kCancelled), "Canceled");
  EXPECT_EQ(name(Code::kDeadlineExceeded), "DeadlineExceeded");
}

}  // namespace
}  // namespace kv::rpc
