// SPDX-License-Identifier: Apache-2.0
#include "transport.h"

#include <fmt/format.h>

#include <iterator>

#include "calendar.h"
#include "drawn_text.h"

namespace mailgen {
namespace {

template <typename... Arguments>
void put(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

std::string letters(Random& random, std::size_t count, std::string_view alphabet) {
  std::string text;
  random.append_letters(count, alphabet, text);
  return text;
}

// Base64 of a signature or a token, folded at 70 columns.
void put_token(Random& random, std::size_t count, std::string_view indent, std::string& out) {
  for (std::size_t line = 64; count > 0; line = 70) {
    const std::size_t take = count < line ? count : line;
    random.append_letters(take, kBase64Letters, out);
    count -= take;
    if (count > 0) out.append("\n").append(indent);
  }
}

void put_received(Random& random, std::string_view from, std::string_view by,
                  const Company& company, std::int64_t date, std::string& out) {
  switch (company.provider) {
    case Provider::kExchange:
      append_drawn(
          out,
          "Received: from {} (2001:db8:{:x}:{:x}::{:x})\n by {} (2001:db8:{:x}::{:x}) with "
          "Microsoft SMTP "
          "Server (version=TLS1_2,\n cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.{}.{}; "
          "{}\n",
          Drawn{from, random.below(4096), random.below(4096), random.below(256), by,
                random.below(4096), random.below(256), random.between(8000, 9999), random.below(30),
                mail_date(date, 0)});
      break;
    case Provider::kWeb:
      append_drawn(out, "Received: by {} with SMTP id {}-{}so{}{}.{};\n        {}\n",
                   Drawn{by, letters(random, 13, kHexLetters), letters(random, 12, kHexLetters),
                         random.between(100'000, 9'999'999), letters(random, 3, kHexLetters),
                         random.below(3), mail_date(date, -480)});
      break;
    case Provider::kPlain:
      append_drawn(
          out,
          "Received: from {} ({} [{}])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 "
          "(256/256 bits)\n\t "
          "key-exchange X25519 server-signature RSA-PSS (2048 bits))\n\t(No client certificate "
          "requested)\n\tby {} "
          "(Postfix) with ESMTPS id {};\n\t{}\n",
          Drawn{from, from, ip_address(random), by, letters(random, 11, kUpperHexLetters),
                mail_date(date, company.zone)});
      break;
  }
}

void put_dkim(Random& random, std::string_view name, std::string_view domain,
              std::string_view selector, std::string_view body_hash, std::int64_t date,
              std::string& out) {
  put(out,
      "{}: v=1; a=rsa-sha256; c=relaxed/relaxed;\n        d={}; s={}; t={}; x={};\n        "
      "h=to:subject:message-id:date:from:mime-version:from:to:cc:subject\n         "
      ":date:message-id:reply-to:"
      "in-reply-to:references;\n        bh={};\n        b=",
      name, domain, selector, date, date + 604'800, body_hash);
  put_token(random, 342, "         ", out);
  out.append("==\n");
}

void put_arc(Random& random, int instance, std::string_view domain, std::string_view from_domain,
             std::string_view body_hash, std::int64_t date, std::string& out) {
  put(out, "ARC-Seal: i={}; a=rsa-sha256; t={}; cv={};\n        d={}; s=arc-20240605;\n        b=",
      instance, date, instance == 1 ? "none" : "pass", domain);
  put_token(random, 342, "         ", out);
  put(out,
      "==\nARC-Message-Signature: i={}; a=rsa-sha256; c=relaxed/relaxed; d={}; s=arc-20240605;\n   "
      "     "
      "h=from:date:subject:message-id:content-type:mime-version;\n        bh={};\n        b=",
      instance, domain, body_hash);
  put_token(random, 342, "         ", out);
  put(out,
      "==\nARC-Authentication-Results: i={}; mx.{}; spf=pass\n        smtp.mailfrom={}; dmarc=pass "
      "action=none header.from={};\n        dkim=pass header.d={}; arc=none\n",
      instance, domain, from_domain, from_domain, from_domain);
}

// What the provider adds for itself: opaque tokens, for one of them several kilobytes.
void put_provider_lines(Random& random, Provider provider, std::int64_t date, std::string& out) {
  if (provider == Provider::kWeb) {
    out.append("X-Gm-Message-State: ");
    put_token(random, random.between(140, 260), "\t", out);
    if (random.chance(600)) {
      out.append("\nX-Gm-Gg: ");
      put_token(random, random.between(160, 330), "\t", out);
    }
    append_drawn(
        out,
        "\nX-Received: by 2001:db8:{:x}:{:x}:b0:{:x}:{:x} with SMTP id\n {}-{}mr{}{}.{}.{}; {}\n",
        Drawn{random.below(65'536), random.below(4096), random.below(4096), random.below(65'536),
              letters(random, 13, kHexLetters), letters(random, 12, kHexLetters),
              random.below(9'999'999), letters(random, 3, kHexLetters), random.below(60), date,
              mail_date(date, -480)});
  } else if (provider == Provider::kExchange) {
    append_drawn(out,
                 "X-MS-PublicTrafficType: Email\nX-MS-TrafficTypeDiagnostic: {}:EE_|{}:EE_\n"
                 "X-MS-Office365-Filtering-Correlation-Id: "
                 "{}-{}-4{}-{}-08dd{}\nX-MS-Exchange-SenderADCheck: 1\n"
                 "X-MS-Exchange-AntiSpam-Relay: 0\nX-Microsoft-Antispam: "
                 "BCL:0;ARA:13230040|{}|366016|1800799024|{}|38070700018;\n"
                 "X-Microsoft-Antispam-Message-Info: ",
                 Drawn{letters(random, 15, kUpperHexLetters), letters(random, 15, kUpperHexLetters),
                       letters(random, 8, kHexLetters), letters(random, 4, kHexLetters),
                       letters(random, 3, kHexLetters), letters(random, 4, kHexLetters),
                       letters(random, 8, kHexLetters), random.between(10'000, 99'999),
                       random.between(10'000, 99'999)});
    put_token(random, random.log_normal(1'000, 400), " ", out);
    append_drawn(
        out,
        "\nX-Forefront-Antispam-Report: "
        "CIP:255.255.255.255;CTRY:;LANG:en;SCL:1;SRV:;IPV:NLI;SFV:NSPM;\n "
        "H:{}.prod.exchange.example;PTR:;CAT:NONE;SFS:(13230040)({})(366016);DIR:OUT;SFP:1102;\n"
        "X-MS-Exchange-AntiSpam-MessageData-ChunkCount: 1\nX-MS-Exchange-AntiSpam-MessageData-0: ",
        Drawn{letters(random, 15, kUpperHexLetters), random.between(10'000, 99'999)});
    put_token(random, random.log_normal(500, 300), " ", out);
    append_drawn(
        out,
        "\nX-MS-Exchange-CrossTenant-Network-Message-Id: {}-{}-{}-08dd{}\n"
        "X-MS-Exchange-CrossTenant-AuthSource: "
        "{}.prod.exchange.example\nX-MS-Exchange-CrossTenant-AuthAs: Internal\n"
        "X-MS-Exchange-CrossTenant-FromEntityHeader: "
        "Hosted\nX-MS-Exchange-Transport-CrossTenantHeadersStamped: {}\n",
        Drawn{letters(random, 8, kHexLetters), letters(random, 4, kHexLetters),
              letters(random, 4, kHexLetters), letters(random, 8, kHexLetters),
              letters(random, 15, kUpperHexLetters), letters(random, 15, kUpperHexLetters)});
  }
}

void put_spam_result(Random& random, std::string& out) {
  constexpr auto kSymbols = std::to_array<std::string_view>({"ARC_ALLOW",
                                                             "DMARC_POLICY_ALLOW",
                                                             "R_DKIM_ALLOW",
                                                             "R_SPF_ALLOW",
                                                             "MAILLIST",
                                                             "MIME_GOOD",
                                                             "HAS_LIST_UNSUB",
                                                             "RCVD_TLS_LAST",
                                                             "RCVD_COUNT_THREE",
                                                             "TO_DN_SOME",
                                                             "MIME_TRACE",
                                                             "FROM_HAS_DN",
                                                             "MISSING_XM_UA",
                                                             "DKIM_TRACE",
                                                             "ASN",
                                                             "RCPT_COUNT_TWO",
                                                             "TO_MATCH_ENVRCPT_SOME",
                                                             "MID_RHS_MATCH_FROM",
                                                             "FREEMAIL_ENVFROM",
                                                             "NEURAL_HAM",
                                                             "BAYES_HAM",
                                                             "RCVD_VIA_SMTP_AUTH",
                                                             "HAS_ATTACHMENT",
                                                             "PREVIOUSLY_DELIVERED",
                                                             "FROM_EQ_ENVFROM",
                                                             "TO_DN_ALL",
                                                             "RCVD_IN_DNSWL_NONE",
                                                             "DWL_DNSWL_NONE",
                                                             "DBL_BLOCKED",
                                                             "SURBL_MULTI_FAIL",
                                                             "MISSING_XM_UA",
                                                             "RCPT_COUNT_ONE",
                                                             "FORGED_SENDER",
                                                             "TAGGED_FROM",
                                                             "ALIAS_RESOLVED",
                                                             "PRECEDENCE_BULK"});
  append_drawn(out, "X-Spamd-Result: default: False [{}.{:02} / 15.00]",
               Drawn{-static_cast<int>(random.below(6)), random.below(100)});
  for (const auto symbol : kSymbols) {
    if (random.chance(600))
      append_drawn(out, ";\n\t{}({}.00)[mx.example:from_mime,example:dkim]",
                   Drawn{symbol, random.below(2)});
  }
  append_drawn(out, "\nX-Spamd-Server: filter{}\nX-Spamd-Action: no action\n",
               Drawn{random.between(1, 4)});
}

}  // namespace

std::string transport_header(Random& random, const People& people, const Person& from,
                             const Person& to, std::string_view list_domain, std::int64_t date) {
  const Company& sender = people.company_of(from);
  const Company& receiver = people.company_of(to);
  const std::string body_hash = letters(random, 43, kBase64Letters) + "=";
  std::string out;
  append_drawn(
      out,
      "Authentication-Results: {};\n\tdkim=pass header.d={} header.s=s{} "
      "header.b={};\n\tdmarc=pass "
      "(policy=none) header.from={};\n\tspf=pass ({}: domain of {} designates {} as permitted "
      "sender) "
      "smtp.mailfrom={}\n",
      Drawn{receiver.relay, sender.domain, date / 31'000'000, letters(random, 8, kBase64Letters),
            sender.domain, receiver.relay, from.address, ip_address(random), from.address});
  if (!list_domain.empty()) {
    if (random.chance(600)) put_arc(random, 1, list_domain, sender.domain, body_hash, date, out);
    put_dkim(random, "DKIM-Signature", list_domain, "lists", body_hash, date, out);
    append_drawn(out,
                 "Received: from {} (localhost [127.0.0.1])\n\tby lists.{} (Postfix) with ESMTP id "
                 "{};\n\t{}\n",
                 Drawn{list_domain, list_domain, letters(random, 11, kUpperHexLetters),
                       mail_date(date - 3, 0)});
  }
  if (sender.provider != Provider::kPlain && random.chance(550)) {
    put_arc(random, 1, sender.provider == Provider::kWeb ? "webmail.example" : "exchange.example",
            sender.domain, body_hash, date - 4, out);
  }
  const std::uint32_t hops = random.between(1, 3);
  for (std::uint32_t hop = 0; hop < hops; ++hop) {
    const std::string host =
        fmt::format("relay{}-{}.{}", hop, letters(random, 4, kHexLetters), sender.domain);
    put_received(random, hop + 1 == hops ? sender.relay : host, host, sender, date - 5 - hop, out);
  }
  put_dkim(random, "DKIM-Signature", sender.domain, "s2048", body_hash, date - 9, out);
  if (sender.provider == Provider::kWeb && random.chance(500)) {
    put_dkim(random, "X-Google-DKIM-Signature", "net.webmail.example", "20251104", body_hash,
             date - 9, out);
  }
  put_provider_lines(random, sender.provider, date - 9, out);
  if (receiver.house % 3 != 0) put_spam_result(random, out);
  return out;
}

std::string delivery_header(Random& random, const People& people, std::string_view envelope_from,
                            const Person& to, std::int64_t date) {
  const Company& company = people.company_of(to);
  const std::string when = mail_date(date, company.zone);
  std::string out;
  append_drawn(
      out,
      "Return-Path: <{}>\nDelivered-To: {}\nReceived: from {}\n\tby store.{} with LMTP\n\tid {}\n\t"
      "(envelope-from <{}>)\n\tfor <{}>; {}\nReceived: from mx{}.{} (mx.{} [{}])\n\tby {} "
      "(Postfix) with ESMTPS id {}"
      "\n\tfor <{}>; {}\n",
      Drawn{envelope_from, to.address, company.relay, company.domain,
            letters(random, 22, kBase64Letters), envelope_from, to.address, when,
            random.between(1, 4), company.domain, company.domain, ip_address(random), company.relay,
            letters(random, 11, kUpperHexLetters), to.address, when});
  return out;
}

}  // namespace mailgen
