// SPDX-License-Identifier: Apache-2.0
#include "markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "drawn_text.h"

namespace mailgen {
namespace {

void append_style_rules(Random& random, std::uint32_t rules, std::string& out) {
  constexpr auto kSelectors = std::to_array<std::string_view>(
      {"td", "p", "a", "table", "div", "h1", "h2", "img", "span", "a:hover", "td p", "body table"});
  constexpr auto kProperties = std::to_array<std::string_view>(
      {"margin", "padding", "border", "line-height", "font-size", "width", "max-width",
       "padding-top", "padding-left", "margin-bottom", "mso-line-height-rule", "border-radius"});
  for (std::uint32_t rule = 0; rule < rules; ++rule) {
    append_drawn(out, "  .{}{} {{ ", Drawn{random.pick(kSelectors), random.below(40)});
    for (std::uint32_t left = random.between(1, 5); left > 0; --left) {
      append_drawn(out, "{}: {}px !important; ", Drawn{random.pick(kProperties), random.below(48)});
    }
    fmt::format_to(std::back_inserter(out), "color: #{:06x}; }}\n", random.below(1U << 24U));
  }
}

void append_escaped(std::string_view text, std::string& out) {
  for (const char byte : text) {
    switch (byte) {
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '&':
        out.append("&amp;");
        break;
      default:
        out.push_back(byte);
    }
  }
}

struct Dialect {
  std::string head;
  std::string_view line_before;
  std::string_view line_after;
  std::string_view tail;
};

const Dialect& dialect_of(Client client) {
  static const Dialect outlook = [] {
    std::string head =
        "<html xmlns:v=\"urn:schemas-microsoft-com:vml\" "
        "xmlns:o=\"urn:schemas-microsoft-com:office:office\">\n<head>\n"
        "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\n<style><!--\n";
    Random random(7, kLookStream);
    append_style_rules(random, 16, head);
    head.append(
        "--></style>\n</head>\n<body lang=\"EN-US\" link=\"#0563C1\" vlink=\"#954F72\">\n<div "
        "class=\"WordSection1\">\n");
    return Dialect{head, "<p class=\"MsoNormal\"><span style=\"font-size:11.0pt\">",
                   "<o:p></o:p></span></p>\n", "</div>\n</body>\n</html>\n"};
  }();
  static const Dialect web{"<div dir=\"ltr\">", "<div>", "<br></div>\n", "</div>\n"};
  static const Dialect apple{
      "<html><head><meta http-equiv=\"content-type\" content=\"text/html; "
      "charset=utf-8\"></head><body "
      "style=\"overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: "
      "after-white-space;\">",
      "<div>", "</div>", "</body></html>"};
  if (client == Client::kOutlook) return outlook;
  return client == Client::kApple ? apple : web;
}

void append_article(Random& issue, Random& reader, const Prose& prose, const Topic& topic,
                    std::string_view host, std::string& out) {
  const auto link = [&] {
    std::string token;
    reader.append_letters(44, kUrlLetters, token);
    return fmt::format("https://click.{}/t/{}/{}", host, issue.below(100'000), token);
  };
  std::string text;
  for (std::uint32_t left = issue.between(1, 3); left > 0; --left) {
    prose.sentence(issue, topic, text);
    text.push_back(' ');
  }
  append_drawn(out,
               "<tr>\n  <td class=\"td{0}\" align=\"left\" valign=\"top\" style=\"padding:0 "
               "{0}px 12px;font-family:Arial,"
               "Helvetica,sans-serif;font-size:14px\">\n    <a href=\"{1}\" "
               "target=\"_blank\"><img src=\"https://img.{2}/{3}.jpg\" "
               "width=\"560\" border=\"0\" style=\"display:block\" alt=\"\"></a>\n    <h2 "
               "class=\"h2{0}\">{4}</h2>\n    <p "
               "class=\"p{0}\" style=\"margin:0 0 10px;line-height:21px\">{5}</p>\n    <a "
               "class=\"a{0}\" href=\"{6}\" "
               "target=\"_blank\" style=\"color:#0a58ca;text-decoration:underline\">Read "
               "more</a>\n  </td>\n</tr>\n",
               Drawn{issue.between(8, 24), link(), host, issue.below(1U << 30U),
                     prose.title(issue, topic), text, link()});
}

}  // namespace

void append_quoted_printable(std::string_view text, std::string& out) {
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (byte == '\n') {
      out.push_back('\n');
      column = 0;
      continue;
    }
    const bool line_end = at + 1 == text.size() || text[at + 1] == '\n';
    const bool plain = byte != '=' && ((byte > ' ' && byte < 127) || (byte == ' ' && !line_end));
    // 76 columns, the last of which is the soft break's.
    if (column + (plain ? 1 : 3) > (line_end ? 76U : 75U)) {
      out.append("=\n");
      column = 0;
    }
    if (plain) {
      out.push_back(byte);
      ++column;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      out.push_back('=');
      out.push_back(kUpperHexLetters[value >> 4U]);
      out.push_back(kUpperHexLetters[value & 15U]);
      column += 3;
    }
  }
}

std::string html_of(Client client, std::string_view plain) {
  const Dialect& dialect = dialect_of(client);
  std::string html = dialect.head;
  html.reserve(html.size() + plain.size() * 2);
  bool quoting = false;
  while (!plain.empty()) {
    const std::size_t end = std::min(plain.find('\n'), plain.size());
    std::string_view line = plain.substr(0, end);
    plain.remove_prefix(std::min(end + 1, plain.size()));
    const bool quoted = line.starts_with('>');
    if (quoted != quoting) {
      html.append(quoted ? "<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px "
                           "0.8ex;border-left:1px solid "
                           "rgb(204,204,204);padding-left:1ex\">\n"
                         : "</blockquote>\n");
      quoting = quoted;
    }
    if (quoted) line.remove_prefix(std::min<std::size_t>(line.size(), 2));
    html.append(dialect.line_before);
    append_escaped(line, html);
    html.append(dialect.line_after);
  }
  if (quoting) html.append("</blockquote>\n");
  return html.append(dialect.tail);
}

std::string newsletter_html(std::uint64_t seed, const Prose& prose, std::uint64_t design,
                            std::uint64_t issue_number, Random& reader) {
  Random frame(seed, kTemplateStream, design);
  const std::string host = fmt::format("{}.example", prose.name(frame));
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<style type=\"text/css\">\n";
  append_style_rules(frame, frame.between(10, 70), html);
  html.append(
      "</style>\n</head>\n<body bgcolor=\"#f4f4f4\">\n<table width=\"600\" cellpadding=\"0\" "
      "cellspacing=\"0\">\n");
  const Topic topic = prose.topic(frame);
  const std::uint32_t usual_articles = frame.between(2, 14);
  std::string footer = prose.paragraphs(frame, topic, frame.between(200, 900), 0);

  Random issue(seed, kIssueStream, mix(design) + issue_number);
  for (std::uint32_t left = usual_articles + issue.below(4); left > 0; --left) {
    append_article(issue, reader, prose, topic, host, html);
  }
  html.append("</table>\n<p class=\"footer\">")
      .append(footer)
      .append("<a href=\"https://")
      .append(host)
      .append("/u/");
  reader.append_letters(60, kUrlLetters, html);
  return html.append("\">Unsubscribe</a></p>\n</body>\n</html>\n");
}

}  // namespace mailgen
