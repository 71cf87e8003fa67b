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
    public void Prompt_ThatBeginsWithAnAt_IsNoResponseFile() =>
        Assert.Contains("@user {text}", Distzo.Run("train", "--prompt", "@user {text}", "--print-recipe").Done());
}
