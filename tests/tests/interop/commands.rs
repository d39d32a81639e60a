//! What a CP has a PD do: lights, buzzer, outputs, text; and what it asks.

use libosdp::{
    OsdpCommand, OsdpCommandBuzzer, OsdpCommandLed, OsdpCommandOutput, OsdpCommandText, OsdpEvent,
    OsdpLedColor, OsdpLedParams, OsdpStatusReportType,
};
use panel_protocol::osdp::command::{
    Buzzer, Color, Command, LedControl, OutputAction, OutputControl, Pattern, PermanentAction,
    TemporaryAction, Text, TextMode, Tone,
};
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::Reply;

use crate::our_cp::Said;
use crate::our_pd::{CONTACT_STATES, READER_STATES, TAMPERED};
use crate::pair::{Pair, Setting};
use crate::theirs::status;

crate::everywhere! {
    their_pd_does_what_our_cp_says,
    our_pd_does_what_their_cp_says,
    many_controls_in_one_command_are_all_carried_out,
    their_pd_answers_what_our_cp_asks,
    our_pd_answers_what_their_cp_asks,
}

/// Red blinking for a while over steady green.
const LED: LedControl = LedControl {
    reader: 0,
    led: 1,
    temporary: TemporaryAction::Set,
    temporary_pattern: Pattern { on_100ms: 3, off_100ms: 4, on_color: Color::Red, off_color: Color::Black },
    timer_100ms: 0x1234,
    permanent: PermanentAction::Set,
    permanent_pattern: Pattern::steady(Color::Green),
};

const OUTPUT: OutputControl = OutputControl { output: 3, action: OutputAction::OnFor, timer_100ms: 0x0234 };

const BUZZER: Buzzer = Buzzer { reader: 0, tone: Tone::Default, on_100ms: 2, off_100ms: 1, count: 3 };

const TEXT: Text<'_> = Text {
    reader: 0,
    mode: TextMode::Temporary,
    seconds: 5,
    row: 1,
    column: 2,
    text: b"Please come in, the door is open", // 32 characters are libosdp's most
};

/// What a CP may have a PD do, in our words and in theirs.
fn orders() -> [(Command<'static>, OsdpCommand); 4] {
    let led = OsdpCommandLed {
        reader: 0,
        led_number: 1,
        temporary: OsdpLedParams {
            control_code: 2,
            on_count: 3,
            off_count: 4,
            on_color: OsdpLedColor::Red,
            off_color: OsdpLedColor::None,
            timer_count: 0x1234,
        },
        permanent: OsdpLedParams {
            control_code: 1,
            on_count: 1,
            off_count: 0,
            on_color: OsdpLedColor::Green,
            off_color: OsdpLedColor::Green,
            timer_count: 0,
        },
    };
    let buzzer = OsdpCommandBuzzer { reader: 0, control_code: 2, on_count: 2, off_count: 1, rep_count: 3 };
    let output = OsdpCommandOutput { output_no: 3, control_code: 5, timer_count: 0x0234 };
    let text = OsdpCommandText {
        reader: 0,
        control_code: 3,
        temp_time: 5,
        offset_row: 1,
        offset_col: 2,
        data: TEXT.text.to_vec(),
    };
    [
        (Command::Led(Records::of(const { &[LED] })), OsdpCommand::Led(led)),
        (Command::Buzzer(BUZZER), OsdpCommand::Buzzer(buzzer)),
        (Command::Output(Records::of(const { &[OUTPUT] })), OsdpCommand::Output(output)),
        (Command::Text(TEXT), OsdpCommand::Text(text)),
    ]
}

fn their_pd_does_what_our_cp_says(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    for (ours, theirs) in orders() {
        assert_eq!(pair.ask(&ours).reply(), Reply::Ack);
        assert_eq!(pair.pd.commands().last(), Some(&theirs));
    }
    assert_eq!(pair.pd.commands().len(), orders().len());
}

fn our_pd_does_what_their_cp_says(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    for (_, theirs) in orders() {
        pair.cp.send(theirs);
    }
    pair.until("all is done", |_, pd| pd.device.commands.len() >= orders().len());
    assert_eq!(pair.pd.device.commands, orders().map(|(ours, _)| Said::of(&ours)));
}

/// libosdp's own CP never puts two of these into one command; its PD takes as many as come.
fn many_controls_in_one_command_are_all_carried_out(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    let outputs = [0, 1, 2, 3].map(|output| OutputControl { output, ..OUTPUT });
    assert_eq!(pair.ask(&Command::Output(Records::of(&outputs))).reply(), Reply::Ack);
    let expected = [0, 1, 2, 3].map(|output_no| {
        OsdpCommand::Output(OsdpCommandOutput { output_no, control_code: 5, timer_count: 0x0234 })
    });
    assert_eq!(pair.pd.commands(), expected);
}

/// What a CP may ask, what we call the answer, and what they call it.
fn questions() -> [(Command<'static>, Reply<'static>, OsdpStatusReportType); 4] {
    let contacts = Records::of(&CONTACT_STATES);
    [
        (Command::LocalStatus, Reply::LocalStatus(TAMPERED), OsdpStatusReportType::Local),
        (Command::InputStatus, Reply::InputStatus(contacts), OsdpStatusReportType::Input),
        (Command::OutputStatus, Reply::OutputStatus(contacts), OsdpStatusReportType::Output),
        (
            Command::ReaderStatus,
            Reply::ReaderStatus(Records::of(&READER_STATES)),
            OsdpStatusReportType::Remote,
        ),
    ]
}

fn their_pd_answers_what_our_cp_asks(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    for (question, answer, _) in questions() {
        assert_eq!(pair.ask(&question).reply(), answer);
    }
}

fn our_pd_answers_what_their_cp_asks(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    for (_, _, kind) in questions() {
        pair.cp.send(OsdpCommand::Status(status(kind)));
    }
    pair.until("all is answered", |cp, _| cp.events().len() >= questions().len());
    assert_eq!(pair.cp.events(), questions().map(|(_, _, kind)| OsdpEvent::Status(status(kind))));
    assert_eq!(pair.pd.device.commands, questions().map(|(question, ..)| Said::of(&question)));
}
