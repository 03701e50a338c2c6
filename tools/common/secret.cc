#include "tools/common/secret.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace tools {
namespace {

/// The terminal, which shows nothing that is typed while this lives.
class SilentTerminal {
 public:
  SilentTerminal() {
    sigset_t deadly;
    sigemptyset(&deadly);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&deadly, number);
    signals_ = signalfd(-1, &deadly, SFD_CLOEXEC);
    sigset_t held = deadly;
    sigaddset(&held, SIGTSTP);  // stopped, it would leave a silent terminal behind
    pthread_sigmask(SIG_BLOCK, &held, &before_);
    terminal_ = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal_ < 0 || tcgetattr(terminal_, &shown_) != 0) return;
    termios silent = shown_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    silent_ = tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (silent_) tcsetattr(terminal_, TCSADRAIN, &shown_);
    if (terminal_ >= 0) close(terminal_);
    if (signals_ >= 0) close(signals_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);  // what came meanwhile comes now
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  [[nodiscard]] bool works() const { return silent_; }

  void show(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = write(terminal_, text.data(), text.size());
      if (written <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  /// The next line; false when a signal came or the terminal has gone.
  bool read_line(std::string& line) const {
    for (;;) {
      std::array<pollfd, 2> sources = {{{terminal_, POLLIN, 0}, {signals_, POLLIN, 0}}};
      if (poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) return false;
      if (sources[1].revents != 0) return false;
      if (sources[0].revents == 0) continue;
      std::array<char, kSecretBytesMax> bytes{};
      const ssize_t count = read(terminal_, bytes.data(), bytes.size());
      if (count <= 0) return false;
      line.append(bytes.data(), static_cast<std::size_t>(count));
      if (line.ends_with('\n')) {
        line.pop_back();
        return true;
      }
      if (line.size() >= kSecretBytesMax) return false;
    }
  }

 private:
  int terminal_ = -1;
  int signals_ = -1;
  bool silent_ = false;
  termios shown_{};
  sigset_t before_{};
};

}  // namespace

Outcome<std::string> ask_on_terminal(const std::string& prompt) {
  const SilentTerminal terminal;
  if (!terminal.works()) return refuse_usage("there is no terminal to ask for the password");
  terminal.show(prompt);
  std::string line;
  const bool read = terminal.read_line(line);
  terminal.show("\n");
  if (!read) return refuse(kExitTemporary, "no password was given");
  return line;
}

}  // namespace tools
