// Units, suggestions, JSON, tables, lines and progress.
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "tools/common/json_writer.h"
#include "tools/common/line_reader.h"
#include "tools/common/progress.h"
#include "tools/common/suggest.h"
#include "tools/common/table.h"
#include "tools/common/units.h"

namespace tools {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(Units, ReadsGosDurations) {
  EXPECT_EQ(parse_duration("300ms"), 300ms);
  EXPECT_EQ(parse_duration("1m30s"), 90s);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("5"), 5s);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration("10us"), 10us);
}

TEST(Units, RefusesWhatIsNoDuration) {
  for (const std::string_view text :
       {"", "s", "-1s", "5x", "1s5", "1e3s", " 5s", "99999999h", "1..2s", "."}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, WritesDurationsAsGoDoes) {
  EXPECT_EQ(format_duration(0ns), "0s");
  EXPECT_EQ(format_duration(999ns), "999ns");
  EXPECT_EQ(format_duration(1500ns), "1.5µs");
  EXPECT_EQ(format_duration(1983306ns), "1.983306ms");
  EXPECT_EQ(format_duration(5000957465ns), "5.000957465s");
  EXPECT_EQ(format_duration(123s), "2m3s");
  EXPECT_EQ(format_duration(3600s), "1h0m0s");
}

TEST(Units, WritesSizesAsEtcdctlDoes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(9), "9 B");
  EXPECT_EQ(format_bytes(20480), "20 kB");
  EXPECT_EQ(format_bytes(2147483648), "2.1 GB");
  EXPECT_EQ(format_bytes(1000), "1.0 kB");
}

TEST(Suggest, FindsTheSlip) {
  constexpr std::array<std::string_view, 4> kKnown = {"prefix", "limit", "get", "compaction"};
  EXPECT_EQ(nearest("prefx", kKnown), "prefix");
  EXPECT_EQ(nearest("gte", kKnown), "get");
  EXPECT_EQ(nearest("compact", kKnown), "compaction");
  EXPECT_EQ(nearest("zebra", kKnown), "");
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest(std::string(100000, 'g'), kKnown), "");
}

TEST(Json, PutsCommasAndEscapes) {
  JsonWriter json;
  json.begin_object()
      .key("a")
      .number(-1)
      .key("b")
      .begin_array()
      .string("x\"\n\x01")
      .boolean(true)
      .end_array();
  json.key("c").begin_object().end_object().key("d").real(1.25, 1).end_object();
  EXPECT_EQ(json.text(), R"({"a":-1,"b":["x\"\n\u0001",true],"c":{},"d":1.2})");
}

TEST(Json, EscapesForHtmlOnlyAsGoDoes) {
  EXPECT_EQ(JsonWriter().string("<&>\xe2\x80\xa8\xff").text(), "\"<&>\xe2\x80\xa8\\ufffd\"");
  EXPECT_EQ(JsonWriter(JsonEscapes::kGo).string("<&>\xe2\x80\xa8\xff").text(),
            R"("\u003c\u0026\u003e\u2028\ufffd")");
}

TEST(Table, LooksLikeEtcdctls) {
  EXPECT_EQ(draw_table({"endpoint", "took"}, {{"127.0.0.1:1", "é"}, {"a", "5.5ms"}}),
            "+-------------+-------+\n"
            "|  ENDPOINT   | TOOK  |\n"
            "+-------------+-------+\n"
            "| 127.0.0.1:1 |     é |\n"
            "|           a | 5.5ms |\n"
            "+-------------+-------+\n");
}

TEST(LineReader, GivesLinesWithoutTheirEnds) {
  std::istringstream in("one\r\n\nthree");
  LineReader reader(in, 10);
  std::string line;
  EXPECT_EQ(reader.next(line), LineReader::Next::kLine);
  EXPECT_EQ(line, "one");
  EXPECT_EQ(reader.next(line), LineReader::Next::kLine);
  EXPECT_EQ(line, "");
  EXPECT_EQ(reader.next(line), LineReader::Next::kLine);
  EXPECT_EQ(line, "three");
  EXPECT_EQ(reader.number(), 3U);
  EXPECT_EQ(reader.next(line), LineReader::Next::kEnd);
}

TEST(LineReader, StopsAtItsLimit) {
  std::istringstream in("12345\n123456\n");
  LineReader reader(in, 5);
  std::string line;
  EXPECT_EQ(reader.next(line), LineReader::Next::kLine);
  EXPECT_EQ(reader.next(line), LineReader::Next::kTooLong);
  EXPECT_EQ(reader.number(), 2U);
}

TEST(LineReader, ReadsAllUpToALimit) {
  std::string out;
  std::istringstream small(std::string("a\0b\n", 4));
  EXPECT_EQ(read_all(small, 4, out), ReadAll::kDone);
  EXPECT_EQ(out, std::string("a\0b\n", 4));
  std::istringstream large("12345");
  EXPECT_EQ(read_all(large, 4, out), ReadAll::kTooLong);
}

TEST(Progress, SaysHowFarItIs) {
  const Progress progress(nullptr, "exporting", "keys");
  EXPECT_EQ(progress.line(500, 1000, 2s), "exporting [############............] 50%  500/1000 keys  250/s");
  EXPECT_EQ(progress.line(500, 0, 100ms), "exporting 500 keys");
  EXPECT_EQ(progress.line(2000, 1000, 0s), "exporting [########################] 100%  2000/1000 keys");
}

TEST(Progress, WipesItsLine) {
  std::ostringstream out;
  {
    Progress progress(&out, "importing", "keys");
    progress.update(1, 2);
    progress.update(2, 2);  // too soon to be drawn
  }
  EXPECT_EQ(out.str(), "\rimporting [############............] 50%  1/2 keys\033[K\r\033[K");
}

}  // namespace
}  // namespace tools
