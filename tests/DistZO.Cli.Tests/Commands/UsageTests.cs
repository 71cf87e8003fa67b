namespace DistZO.Cli.Tests.Commands;

public class UsageTests
{
    [Theory]
    [InlineData("unknown command 'trian'; did you mean 'train'? (see distzo --help)", "trian")]
    [InlineData("unknown option '--learning-rat'; did you mean '--learning-rate'? (see distzo train --help)", "train", "--learning-rat")]
    [InlineData("unknown option '--frobnicate' (see distzo verify --help)", "verify", "x", "--frobnicate")]
    [InlineData("unknown argument 'extra' (see distzo inspect --help)", "inspect", "x", "extra")]
    [InlineData("Required argument missing for option: '--seed' (see distzo train --help)", "train", "--seed")]
    [InlineData("Option '--step' is required (see distzo fork --help)", "fork", "run.zol")]
    [InlineData("--tflops: 'inf' is not a number (see distzo plan --help)", "plan", "opt-1.3b", "--tflops", "inf")]
    [InlineData("--devices: 'two' is not a whole number (see distzo plan --help)", "plan", "opt-1.3b", "--devices", "two")]
    [InlineData("--trace is an empty text; give a value or leave it away (see distzo train --help)", "train", "--trace", "")]
    [InlineData("--output is an empty text; give a value or leave it away (see distzo replay --help)", "replay", "run", "--output", "")]
    [InlineData("--disk-directory is an empty text; give a value or leave it away (see distzo plan --help)", "plan", "--measure", "--disk-directory", "")]
    [InlineData("--cache is an empty text; give a value or leave it away (see distzo worker --help)", "worker", "--cache", "")]
    [InlineData("LEDGER is an empty text; give a value or leave it away (see distzo verify --help)", "verify", "")]
    [InlineData("--output-dir: 'output_dir' must be a path, not ''", "train", "--output", "")]
    [InlineData("--topology: 'topology' must be a path, not ''", "train", "--topology", "")]
    [InlineData("--offload-dir: 'offload_dir' must be a path, not ''", "generate", "--offload-dir", "")]
    public void CommandLine_ThatIsWrong_IsOneLineThatHelps(string problem, params string[] args) =>
        Assert.Equal(problem, Distzo.Run(args).Problem(2));

    [Fact]
    public void CommandLine_WithoutACommand_ListsThem() =>
        Assert.StartsWith("give a command: train, coordinator, worker, status, health, sweep, evaluate, generate, replay, export, fork, verify, inspect", Distzo.Run().Problem(2));

    [Fact]
    public void Version_IsAVersion() => Assert.Matches(@"^\d+\.\d+\.\d+", Distzo.Run("--version").Done());

    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("generate")]
    [InlineData("replay")]
    [InlineData("export")]
    [InlineData("fork")]
    [InlineData("verify")]
    [InlineData("inspect")]
    [InlineData("trace")]
    public void Help_OfACommand_IsShown(string command) => Assert.Contains($" {command} ", Distzo.Run(command, "--help").Done());

    [Fact]
    public void Prompt_MayBeEmpty() => Assert.Contains("label_field: \"\"", Distzo.Run("train", "--prompt", "", "--label-field", "", "--print-recipe").Done().Replace('\'', '"'));

    [Fact]
    public void Prompt_ThatBeginsWithAnAt_IsNoResponseFile() =>
        Assert.Contains("@user {text}", Distzo.Run("train", "--prompt", "@user {text}", "--print-recipe").Done());
}
